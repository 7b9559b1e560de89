//! What is known about a few functions and classes of the standard library and of common packages: what they return, and
//! which names every module has.

/// The class of what a function or method from outside returns, where its spelling does not tell. Methods are given by
/// their class and name.
pub(super) fn returned_class(callee: &str) -> Option<&'static str> {
    Some(match callee {
        "asyncio.get_event_loop" | "asyncio.get_running_loop" | "asyncio.new_event_loop" => "asyncio.AbstractEventLoop",
        "asyncio.get_event_loop_policy().get_event_loop" | "asyncio.get_event_loop_policy().new_event_loop" => {
            "asyncio.AbstractEventLoop"
        }
        "uvloop.new_event_loop" => "asyncio.AbstractEventLoop",
        "asyncio.create_task"
        | "asyncio.ensure_future"
        | "asyncio.AbstractEventLoop.create_task"
        | "asyncio.TaskGroup.create_task" => "asyncio.Task",
        "asyncio.AbstractEventLoop.create_future" | "asyncio.AbstractEventLoop.run_in_executor" => "asyncio.Future",
        "asyncio.run_coroutine_threadsafe"
        | "concurrent.futures.ThreadPoolExecutor.submit"
        | "concurrent.futures.ProcessPoolExecutor.submit" => "concurrent.futures.Future",
        "argparse.ArgumentParser.parse_args" => "argparse.Namespace",
        "argparse.ArgumentParser.add_argument_group" | "argparse.ArgumentParser.add_mutually_exclusive_group" => {
            "argparse.ArgumentParser"
        }
        "logging.getLogger" => "logging.Logger",
        "socket.socket" => "socket.socket",
        "collections.deque" => "collections.deque",
        "collections.defaultdict" => "collections.defaultdict",
        "datetime.datetime" => "datetime.datetime",
        "builtins.dict" => "builtins.dict",
        "builtins.list" | "builtins.sorted" => "builtins.list",
        "builtins.set" => "builtins.set",
        "builtins.str" | "builtins.input" | "builtins.repr" => "builtins.str",
        "builtins.int" | "builtins.len" => "builtins.int",
        "builtins.float" => "builtins.float",
        "builtins.bytes" => "builtins.bytes",
        "pathlib.Path.cwd" | "pathlib.Path.home" => "pathlib.Path",
        _ => return None,
    })
}

/// The class under the name by which rules know it, where an annotation may name it otherwise.
pub(super) fn same_class(annotation: &str) -> Option<&'static str> {
    Some(match annotation {
        "asyncio.BaseEventLoop"
        | "asyncio.SelectorEventLoop"
        | "asyncio.ProactorEventLoop"
        | "asyncio.events.AbstractEventLoop"
        | "asyncio.base_events.BaseEventLoop"
        | "asyncio.unix_events.SelectorEventLoop"
        | "asyncio.EventLoop"
        | "uvloop.Loop" => "asyncio.AbstractEventLoop",
        "asyncio.queues.Queue" => "asyncio.Queue",
        "asyncio.locks.Event" => "asyncio.Event",
        "asyncio.futures.Future" => "asyncio.Future",
        _ => return None,
    })
}

/// Whether a method gives an instance of the class it is called on, or the instance itself: `from_pretrained`, `queue`
/// of Gradio, the path methods of `pathlib.Path`.
pub(super) fn returns_receiver_class(class: &str, method: &str) -> bool {
    match method {
        "__enter__" | "__aenter__" | "__new__" => true,
        "from_pretrained" | "from_config" | "from_single_file" => true,
        "queue" => class.starts_with("gradio."),
        "to" | "eval" | "cuda" | "cpu" | "half" | "float" | "bfloat16" | "train" | "requires_grad_" => {
            ["torch.", "transformers.", "diffusers.", "sentence_transformers."]
                .iter()
                .any(|root| class.starts_with(root))
        }
        "resolve" | "absolute" | "expanduser" | "with_suffix" | "with_name" | "joinpath" | "relative_to" => {
            class == "pathlib.Path"
        }
        _ => false,
    }
}

/// The names that every module has without an import.
pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.binary_search(&name).is_ok()
}

const BUILTINS: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BaseExceptionGroup",
    "BlockingIOError",
    "BrokenPipeError",
    "BufferError",
    "BytesWarning",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "DeprecationWarning",
    "EOFError",
    "EncodingWarning",
    "EnvironmentError",
    "Exception",
    "ExceptionGroup",
    "FileExistsError",
    "FileNotFoundError",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "IOError",
    "ImportError",
    "ImportWarning",
    "IndentationError",
    "IndexError",
    "InterruptedError",
    "IsADirectoryError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotADirectoryError",
    "NotImplemented",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PendingDeprecationWarning",
    "PermissionError",
    "ProcessLookupError",
    "RecursionError",
    "ReferenceError",
    "ResourceWarning",
    "RuntimeError",
    "RuntimeWarning",
    "StopAsyncIteration",
    "StopIteration",
    "SyntaxError",
    "SyntaxWarning",
    "SystemError",
    "SystemExit",
    "TabError",
    "TimeoutError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UnicodeTranslateError",
    "UnicodeWarning",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
    "__import__",
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "exit",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtins_are_sorted_for_the_search() {
        assert!(BUILTINS.is_sorted());
    }
}
