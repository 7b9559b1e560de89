//! A loop that commits to the Hub again and again.

use crate::deployment::Deployment;
use crate::diagnostic::Location;
use crate::formats::python::{BlockId, BlockKind, Call, Module, ValueKind};
use crate::rules::Reporter;

/// Pauses, in seconds, up to which a loop commits too often. The Hub lets a repository have 128 commits an hour; a commit
/// a minute stays below that and still makes ten thousand a week.
const SHORT_PAUSE: f64 = 60.0;

/// Reports an upload in a loop that pauses for a minute or less.
pub(super) fn check(deployment: &Deployment<'_>, report: &mut Reporter) {
    for (path, module) in super::deployed(deployment, &["upload_file(", "upload_folder("]) {
        for upload in module.calls.iter().filter(|call| uploads(call)) {
            let Some((sleep, seconds)) = pause(module, upload) else { continue };
            report
                .advice(
                    Location::new(path, upload.span),
                    format!(
                        "every round of this loop is a commit, {} an hour: the Hub refuses more than 128, and each stays in the history",
                        per_hour(seconds)
                    ),
                )
                .label(Location::new(path, sleep.span), "the loop pauses for no longer than this")
                .help(
                    "let huggingface_hub.CommitScheduler gather what is new and commit it every few minutes, or upload only \
                     what has changed and less often",
                );
        }
    }
}

fn uploads(call: &Call) -> bool {
    !call.deferred
        && match call.qualified().map(|name| name.as_str()) {
            Some(name) => {
                name.starts_with("huggingface_hub.")
                    && matches!(call.callee.last_name(), Some("upload_file" | "upload_folder"))
            }
            None => false,
        }
}

/// The one pause in the innermost loop around a call, with its seconds, where it is short.
fn pause<'m>(module: &'m Module, upload: &Call) -> Option<(&'m Call, f64)> {
    let around = |block: BlockId| {
        module.enclosing_in_function(block).find(|(_, block)| block.kind == BlockKind::Loop).map(|(id, _)| id)
    };
    let repeats = around(upload.block)?;
    let mut sleeps = module.calls.iter().filter(|call| {
        (call.is("time.sleep") || call.is("asyncio.sleep"))
            && call.function == upload.function
            && around(call.block) == Some(repeats)
    });
    let (sleep, None) = (sleeps.next()?, sleeps.next()) else { return None };
    // A pause in a handler or a branch is not that of every round.
    let same =
        sleep.block == upload.block || module.enclosing_in_function(upload.block).any(|(id, _)| id == sleep.block);
    let seconds = match sleep.positional(0)?.value.kind {
        ValueKind::Int(seconds) => f64::from(i32::try_from(seconds).ok()?),
        ValueKind::Float(seconds) => seconds,
        _ => return None,
    };
    (same && seconds <= SHORT_PAUSE).then_some((sleep, seconds))
}

/// The commits an hour of a loop that pauses for so many seconds.
fn per_hour(seconds: f64) -> String {
    if seconds < 1.0 { "thousands".to_owned() } else { format!("up to {:.0}", 3600.0 / seconds) }
}
