//! What rules ask about the functions of a file: what is asynchronous around a place, who calls a function, and who is
//! handed it to run later or elsewhere.

use crate::diagnostic::Span;

use super::{BlockId, Call, CallId, Callee, ClassId, FunctionId, Module};

/// How a place relates to the nearest coroutine around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsyncContext {
    /// No coroutine is around.
    None,
    /// The place is part of the coroutine's own body.
    Direct(FunctionId),
    /// Plain functions or lambdas, from the inside out, stand between: they need not run on the loop.
    Through {
        /// The coroutine.
        coroutine: FunctionId,
        /// What is between.
        between: Vec<FunctionId>,
    },
}

/// One place where a function is passed without being called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOff {
    /// The call that takes the function.
    pub call: CallId,
    /// The argument.
    pub span: Span,
    /// What will run it, as far as the callee tells.
    pub runner: Runner,
}

/// What runs a function that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// A thread of its own or of a pool: `threading.Thread(target=f)`, `asyncio.to_thread(f)`, `executor.submit(f)`.
    Thread,
    /// A process: `multiprocessing.Process(target=f)`, a process pool.
    Process,
    /// The event loop: `loop.call_soon(f)`, `task.add_done_callback(f)`.
    Loop,
    /// The interpreter on an event of its own: `atexit.register(f)`, `signal.signal(s, f)`.
    Interpreter,
    /// Anything else.
    Unknown,
}

impl Module {
    /// What is asynchronous around a block.
    #[must_use]
    pub fn async_context(&self, block: BlockId) -> AsyncContext {
        let mut between = vec![];
        let mut function = self.block(block).function;
        while let Some(id) = function {
            let row = self.function(id);
            if row.is_async {
                return if between.is_empty() {
                    AsyncContext::Direct(id)
                } else {
                    AsyncContext::Through { coroutine: id, between }
                };
            }
            between.push(id);
            function = row.parent;
        }
        AsyncContext::None
    }

    /// Whether a call runs as part of a coroutine's own body.
    #[must_use]
    pub fn is_inside_async(&self, call: &Call) -> bool {
        call.function.is_some_and(|function| self.function(function).is_async)
    }

    /// The class whose method a function is or is nested in.
    #[must_use]
    pub fn method_class(&self, function: FunctionId) -> Option<ClassId> {
        let rows = std::iter::successors(Some(function), |id| self.function(*id).parent);
        rows.map(|id| self.function(id)).find_map(|row| row.class)
    }

    /// The calls in this file of a function or method, by its name, `self.name` or an instance. Calls of a class are calls
    /// of its `__init__`.
    pub fn callers(&self, function: FunctionId) -> impl Iterator<Item = (CallId, &Call)> {
        let row = self.function(function);
        let constructs = row.class.filter(|_| matches!(&*row.name, "__init__" | "__new__" | "__post_init__"));
        self.call_ids().filter(move |(_, call)| match call.callee {
            Callee::Class(class) => Some(class) == constructs,
            _ => call.local_function() == Some(function),
        })
    }

    /// The places in this file where a function is passed to a call as an argument.
    pub fn hand_offs(&self, function: FunctionId) -> impl Iterator<Item = HandOff> {
        self.call_ids().filter(|(_, call)| !call.deferred).flat_map(move |(id, call)| {
            let passed = call.arguments.iter().filter(move |argument| argument.value.as_function() == Some(function));
            passed.map(move |argument| HandOff { call: id, span: argument.value.span, runner: call.runner() })
        })
    }

    /// Whether a function is the target of a thread, or is run by a thread pool.
    #[must_use]
    pub fn is_thread_target(&self, function: FunctionId) -> bool {
        self.hand_offs(function).any(|hand_off| hand_off.runner == Runner::Thread)
    }

    /// The functions of a class by name, its bases in this file included.
    #[must_use]
    pub fn method(&self, class: ClassId, name: &str) -> Option<FunctionId> {
        let (mut open, mut seen) = (vec![class], vec![]);
        while let Some(class) = open.pop() {
            if seen.contains(&class) {
                continue;
            }
            seen.push(class);
            let row = self.class(class);
            if let Some(found) = row.methods.iter().rev().find(|id| &*self.function(**id).name == name) {
                return Some(*found);
            }
            open.extend(row.bases.iter().rev().filter_map(|base| base.class));
        }
        None
    }
}

impl Call {
    /// What runs the functions that the call takes as arguments.
    #[must_use]
    pub fn runner(&self) -> Runner {
        runner(self)
    }
}

fn runner(call: &Call) -> Runner {
    let name = call.qualified().map_or("", |name| name.as_str());
    match name {
        "threading.Thread"
        | "threading.Timer"
        | "asyncio.to_thread"
        | "asyncio.AbstractEventLoop.run_in_executor"
        | "concurrent.futures.ThreadPoolExecutor.submit"
        | "concurrent.futures.ThreadPoolExecutor.map"
        | "multiprocessing.pool.ThreadPool.map"
        | "multiprocessing.pool.ThreadPool.apply_async"
        | "anyio.to_thread.run_sync"
        | "starlette.concurrency.run_in_threadpool"
        | "fastapi.concurrency.run_in_threadpool"
        | "asgiref.sync.sync_to_async"
        | "trio.to_thread.run_sync"
        | "_thread.start_new_thread" => return Runner::Thread,
        "multiprocessing.Process"
        | "concurrent.futures.ProcessPoolExecutor.submit"
        | "concurrent.futures.ProcessPoolExecutor.map" => return Runner::Process,
        "atexit.register" | "signal.signal" => return Runner::Interpreter,
        _ => {}
    }
    match call.callee.last_name() {
        Some("run_in_executor") => Runner::Thread,
        Some("submit") if !matches!(call.callee, Callee::LocalMethod { .. } | Callee::Qualified(_)) => Runner::Thread,
        Some(
            "call_soon"
            | "call_soon_threadsafe"
            | "call_later"
            | "call_at"
            | "add_done_callback"
            | "add_signal_handler"
            | "add_reader"
            | "add_writer",
        ) => Runner::Loop,
        _ => Runner::Unknown,
    }
}
