//! Callbacks that a library calls in a thread of its own: handlers of watchdog, callbacks of an MQTT client.

use crate::deployment::call_graph::{CallGraph, ClassAt, FunctionAt};
use crate::formats::python::{FunctionId, Module};

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

/// Who calls the function in a thread of its own.
pub(in super::super) fn caller(graph: &CallGraph<'_>, function: FunctionAt<'_>) -> Option<&'static str> {
    let row = function.row();
    if EVENT_METHODS.contains(&&*row.name)
        && let Some(id) = row.class
        && is_watcher(graph, ClassAt { path: function.path, module: function.module, id })
    {
        return Some("watchdog");
    }
    let by_client = mqtt_callbacks(function.module).contains(&function.id) && has_mqtt_thread(graph, function.module);
    by_client.then_some("the MQTT client")
}

/// Whether the handler says itself how its event methods are called.
pub(in super::super) fn has_own_dispatch(graph: &CallGraph<'_>, function: FunctionAt<'_>) -> bool {
    function.row().class.is_none_or(|id| {
        graph.method(ClassAt { path: function.path, module: function.module, id }, "dispatch").is_some()
    })
}

/// Whether a class is a handler of watchdog, over its bases in the repository.
fn is_watcher(graph: &CallGraph<'_>, class: ClassAt<'_>) -> bool {
    graph.lineage(class).iter().any(|class| {
        let bases = class.row().bases.iter().filter_map(|base| base.name.as_ref());
        bases.into_iter().any(|name| name.starts_with("watchdog.events.") && name.ends_with("EventHandler"))
    })
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

/// The functions of a file that are set as callbacks of a paho MQTT client.
fn mqtt_callbacks(module: &Module) -> Vec<FunctionId> {
    if !module.imports.iter().any(|import| import.qualified().is_within("paho.mqtt")) {
        return vec![];
    }
    let callbacks = module
        .assignments
        .iter()
        .filter(|row| row.target.rsplit_once('.').is_some_and(|(_, name)| MQTT_CALLBACKS.contains(&name)));
    callbacks.filter_map(|row| row.value.as_function()).collect()
}
