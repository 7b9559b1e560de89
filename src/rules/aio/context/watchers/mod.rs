//! Callbacks that a library calls in a thread of its own: handlers of watchdog, callbacks of an MQTT client, functions given
//! to an audio player or a keyboard listener; and handlers of signals, which interrupt the main thread.

use crate::deployment::call_graph::{CallGraph, ClassAt, FunctionAt};
use crate::diagnostic::{Location, RepoPath};
use crate::formats::python::{Assignment, BlockKind, Call, Module, Value, ValueKind};
use crate::knowledge::{CallbackTaker, event_loops};

/// The methods of a handler that watchdog calls (watchdog 0.10-6 events.py, FileSystemEventHandler).
const EVENT_METHODS: &[&str] = &[
    "dispatch",
    "on_any_event",
    "on_created",
    "on_modified",
    "on_deleted",
    "on_moved",
    "on_closed",
    "on_closed_no_write",
    "on_opened",
];

/// The attributes of a client of paho that hold callbacks (paho-mqtt 1-2 client.py).
const MQTT_CALLBACKS: &[&str] = &["on_message", "on_connect", "on_disconnect", "on_publish", "on_subscribe", "on_log"];

/// Who calls a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Caller {
    /// A library, in a thread of its own.
    Thread(&'static str),
    /// The interpreter, for a signal: between two instructions of the main thread.
    Signal,
}

/// A function that something else calls back.
#[derive(Debug, Clone)]
pub(in super::super) struct Callback<'d> {
    /// The function.
    pub function: FunctionAt<'d>,
    /// Who calls it.
    pub caller: Caller,
    /// The place that shows it.
    pub place: Location,
}

/// Who calls the function in a thread of its own, as far as its file tells.
pub(in super::super) fn caller(graph: &CallGraph<'_>, function: FunctionAt<'_>) -> Option<&'static str> {
    if is_event_method(graph, function) {
        return Some("watchdog");
    }
    let module = function.module;
    let is_it = |value: &Value| value.as_function() == Some(function.id);
    let assigned = module.assignments.iter().filter(|row| is_it(&row.value));
    assigned.into_iter().find_map(|row| taken_by_attribute(graph, module, row)).or_else(|| {
        let mut passed = module.calls.iter().flat_map(|call| taken_by_call(module, call));
        passed.find_map(|(value, caller)| match caller {
            Caller::Thread(caller) if is_it(value) => Some(caller),
            _ => None,
        })
    })
}

/// The callbacks that a file defines or hands over.
pub(in super::super) fn callbacks<'d>(
    graph: &CallGraph<'d>,
    path: &'d RepoPath,
    module: &'d Module,
) -> Vec<Callback<'d>> {
    let here = module.function_ids().map(|(id, _)| FunctionAt { path, module, id });
    let methods = here.filter(|function| is_event_method(graph, *function)).map(|function| Callback {
        function,
        caller: Caller::Thread("watchdog"),
        place: function.location(),
    });
    let attributes = module.assignments.iter().filter_map(|row| {
        let function = graph.function_of(path, module, &row.value)?;
        let caller = Caller::Thread(taken_by_attribute(graph, module, row)?);
        Some(Callback { function, caller, place: Location::new(path, row.span) })
    });
    let arguments = module.calls.iter().flat_map(|call| taken_by_call(module, call)).flat_map(|(value, caller)| {
        let place = Location::new(path, value.span);
        let functions = functions_of(graph, path, module, value).into_iter();
        functions.map(move |function| Callback { function, caller, place: place.clone() })
    });
    methods.chain(attributes).chain(arguments).collect()
}

/// The function that a value is, or those that callers give for the parameter that it is.
fn functions_of<'d>(
    graph: &CallGraph<'d>,
    path: &'d RepoPath,
    module: &'d Module,
    value: &Value,
) -> Vec<FunctionAt<'d>> {
    let ValueKind::Parameter { function, name, .. } = &value.kind else {
        return graph.function_of(path, module, value).into_iter().collect();
    };
    let given = graph.given(FunctionAt { path, module, id: *function }, name);
    given.into_iter().filter_map(|given| graph.function_of(given.path, given.module, given.value)).collect()
}

/// Whether the handler says itself how its event methods are called.
pub(in super::super) fn has_own_dispatch(graph: &CallGraph<'_>, function: FunctionAt<'_>) -> bool {
    function.row().class.is_none_or(|id| {
        graph.method(ClassAt { path: function.path, module: function.module, id }, "dispatch").is_some()
    })
}

/// Whether the function is a method that watchdog calls.
fn is_event_method(graph: &CallGraph<'_>, function: FunctionAt<'_>) -> bool {
    let row = function.row();
    EVENT_METHODS.contains(&&*row.name)
        && row.class.is_some_and(|id| is_watcher(graph, ClassAt { path: function.path, module: function.module, id }))
}

/// Whether a class is a handler of watchdog, over its bases in the repository.
fn is_watcher(graph: &CallGraph<'_>, class: ClassAt<'_>) -> bool {
    graph.lineage(class).iter().any(|class| {
        let bases = class.row().bases.iter().filter_map(|base| base.name.as_ref());
        bases.into_iter().any(|name| is_event_handler(name))
    })
}

fn is_event_handler(name: &str) -> bool {
    name.starts_with("watchdog.events.") && name.ends_with("EventHandler")
}

/// The library that calls what an attribute is set to: `handler.on_modified = f`, `client.on_message = f`.
fn taken_by_attribute(graph: &CallGraph<'_>, module: &Module, row: &Assignment) -> Option<&'static str> {
    let (receiver, attribute) = row.target.rsplit_once('.')?;
    if EVENT_METHODS.contains(&attribute) {
        let mut made = module.assignments.iter().filter(|row| &*row.target == receiver);
        let is_handler = made.any(|row| match row.value.kind {
            ValueKind::Call(call) => module.call(call).qualified().is_some_and(|name| is_event_handler(name)),
            _ => false,
        });
        return is_handler.then_some("watchdog");
    }
    let is_client = MQTT_CALLBACKS.contains(&attribute)
        && module.imports.iter().any(|import| import.qualified().is_within("paho.mqtt"))
        && has_mqtt_thread(graph, module);
    is_client.then_some("the MQTT client")
}

/// Whether paho's client runs in a thread: a program that reads its sockets from the event loop has none.
fn has_mqtt_thread(graph: &CallGraph<'_>, module: &Module) -> bool {
    let driven = module.assignments.iter().any(|row| row.target.contains(".on_socket_"));
    let wrapped = module.imports.iter().any(|import| {
        let name = import.qualified();
        name.is_within("aiomqtt") || name.is_within("asyncio_mqtt")
    });
    let starts = |name: &str| !graph.documents().python_naming(name).is_empty();
    !driven && !wrapped && (starts("loop_start") || starts("loop_forever"))
}

/// What a call takes to be called back, and by whom.
fn taken_by_call<'m>(module: &'m Module, call: &'m Call) -> Vec<(&'m Value, Caller)> {
    if call.deferred {
        return vec![];
    }
    if call.is("signal.signal") {
        // Only Windows has a loop without `add_signal_handler`.
        let is_fallback = module.enclosing(call.block).any(|(_, block)| match &block.kind {
            BlockKind::Handler(handler) => handler.types.iter().any(|one| one.last() == "NotImplementedError"),
            _ => false,
        });
        if is_fallback {
            return vec![];
        }
        return call.argument("handler", 1).map(|argument| (&argument.value, Caller::Signal)).into_iter().collect();
    }
    let Some(taker) = event_loops().callbacks.iter().find(|taker| takes(taker, module, call)) else { return vec![] };
    let arguments = taker.arguments().filter_map(|(name, position)| {
        call.keyword(name).or_else(|| position.and_then(|position| call.positional(position)))
    });
    arguments.map(|argument| (&argument.value, Caller::Thread(&taker.caller))).collect()
}

fn takes(taker: &CallbackTaker, module: &Module, call: &Call) -> bool {
    if call.qualified().is_some_and(|name| taker.calls.iter().any(|known| *name == **known)) {
        return true;
    }
    let named = call.callee.last_name().is_some_and(|method| taker.methods.iter().any(|known| known == method));
    named
        && module.imports.iter().any(|import| {
            let name = import.qualified();
            taker.modules.iter().any(|module| name.is_within(module))
        })
}
