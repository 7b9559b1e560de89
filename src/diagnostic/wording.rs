//! Words that all messages have in common.

/// Lists what there is, in words: "a", "a and b", "a, b and c"; nothing of nothing.
#[must_use]
pub fn enumerated<T: AsRef<str>>(all: &[T]) -> String {
    let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
    match all.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        one => one.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_is_told_with_and() {
        let all = ["a", "b", "c"];
        let told = [0, 1, 2, 3].map(|count| enumerated(&all[..count]));
        assert_eq!(told, ["", "a", "a and b", "a, b and c"]);
    }
}
