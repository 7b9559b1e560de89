//! Keeps a rule that fails in itself from taking the run down, and its backtrace from the user.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does `work`. Where it panics, nothing is printed, and what it said, with the place in the source, is the error.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    install();
    let outer = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    let said = SAID.with_borrow_mut(Option::take);
    outcome.map_err(|_| said.unwrap_or_else(|| "no reason given".to_owned()))
}

/// Puts a hook before the one that is there: it notes what guarded work says, and leaves every other panic to that one.
fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                return next(panic);
            }
            let payload = panic.payload();
            let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
            let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line()));
            SAID.set(Some(format!("{}{}", text.unwrap_or("no reason given"), place.unwrap_or_default())));
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_panic_says_is_kept_and_other_work_goes_on() {
        let failed = guarded(|| -> usize { panic!("no {}", "way") });
        let said = failed.unwrap_err();
        assert!(said.starts_with("no way at ") && said.contains("guard.rs:"), "{said}");
        assert_eq!(guarded(|| 1), Ok(1));
    }
}
