//! Tests of sets of versions.

use proptest::prelude::*;

use super::*;

fn set(specifiers: &str) -> VersionSet {
    VersionSet::parse(specifiers).unwrap()
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn rows(table: &str) -> impl Iterator<Item = [&str; 3]> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap())
}

#[test]
fn membership_agrees_with_python_packaging() {
    let mut wrong = Vec::new();
    for [specifiers, text, allowed] in rows(include_str!("../testdata/specifiers.tsv")) {
        if set(specifiers).contains(&version(text)) != (allowed == "yes") {
            wrong.push(format!("{specifiers} {text}: packaging says {allowed}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_choice_agrees_with_python_packaging() {
    let mut wrong = Vec::new();
    for [specifiers, releases, chosen] in rows(include_str!("../testdata/choices.tsv")) {
        let releases: Vec<Version> = releases.split(' ').map(version).collect();
        let ours = set(specifiers).newest(&releases).map_or("-".to_owned(), ToString::to_string);
        if ours != chosen {
            wrong.push(format!("{specifiers} of {releases:?}: {ours}, packaging says {chosen}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sets_speak_in_the_words_of_pep_440() {
    for (specifiers, words) in [
        (">=4.0,<5", ">=4.0,<5"),
        ("", "any version"),
        ("<1,>2", "no version"),
        ("==2.1.0", "==2.1.0"),
        ("==2.1.0+cu118", "==2.1.0+cu118"),
        ("===2.1.0", "==2.1.0"),
        ("==1.*", "==1.*"),
        ("!=1.3", "!=1.3"),
        ("!=1.3.*,>=1", ">=1,!=1.3.*"),
        ("!=1.3,<2", "<2,!=1.3"),
        (">1.0", ">1.0"),
        ("<=1.0", "<=1.0"),
        ("~=1.4.2", ">=1.4.2,<1.5"),
        ("<2.0rc1", "<2.0rc1"),
        (">1.0.post1", ">1.0.post1"),
    ] {
        assert_eq!(set(specifiers).to_string(), words, "{specifiers}");
    }
    assert_eq!(set("<1").union(&set(">=2,<3")).to_string(), "<1 or >=2,<3");
}

#[test]
fn sets_compare() {
    assert!(set("==4.44.1").is_subset_of(&set("<5.4.0")));
    assert!(set(">=5").is_disjoint_from(&set("~=4.0")));
    assert!(!set(">=4").is_subset_of(&set("<5.4.0")));
    assert!(set("<1,>2").is_empty());
    assert_eq!(set("==2.1.0").exact_version(), Some(&version("2.1.0")));
    assert_eq!(set("==2.1.0+cpu").exact_version(), Some(&version("2.1.0+cpu")));
    assert_eq!(set(">=2.1.0,<=2.1.0").exact_version(), Some(&version("2.1.0")));
    assert_eq!(set("==2.1.*").exact_version(), None);
    assert_eq!(set(">=4,<5").highest(), Some(Bound::Excluded(version("5"))));
    assert_eq!(set(">4,<=5").lowest(), Some(Bound::Excluded(version("4"))));
    assert_eq!(set("<=5").highest(), Some(Bound::Included(version("5"))));
    assert_eq!(VersionSet::none().highest(), None);
    assert!(set("!=3").complement().is_subset_of(&set("==3")));
    assert!(!set(">=4").has_upper_bound() && set("==4.*").has_upper_bound());
}

#[test]
fn numbers_at_the_edge_do_not_overflow() {
    for specifiers in ["==18446744073709551615.*", "~=1.18446744073709551615.1", ">1.post18446744073709551615"] {
        let _ = VersionSet::parse(specifiers).map(|set| set.to_string());
    }
}

proptest! {
    #[test]
    fn any_text_is_a_set_or_an_error(text in "[=<>!~,. 0-9a-z+*!]{0,30}") {
        if let Ok(set) = VersionSet::parse(&text) {
            let _ = set.to_string();
            prop_assert!(set.is_subset_of(&set.union(&VersionSet::none())));
        }
    }

    #[test]
    fn what_is_printed_means_what_was_read(
        low in "[0-9](\\.[0-9]){0,2}",
        high in "[0-9](\\.[0-9]){0,2}",
        hole in "[0-9](\\.[0-9]){0,2}(\\.\\*)?",
        probe in "[0-9](\\.[0-9]){0,2}",
    ) {
        let read = set(&format!(">={low},<={high},!={hole}"));
        let words = read.to_string();
        if !read.is_empty() {
            let again = words.split(" or ").map(set).fold(VersionSet::none(), |all, one| all.union(&one));
            prop_assert_eq!(again.contains(&version(&probe)), read.contains(&version(&probe)), "{}", words);
        }
    }
}
