//! Tests of planning and writing fixes.

use std::fs;
use std::path::Path;

use super::*;
use crate::diagnostic::{Fix, Location, RuleId, Severity, Span};
use crate::repo::WalkOptions;

const RULE: RuleId = RuleId { code: "TST001", name: "test" };

fn path(text: &str) -> RepoPath {
    RepoPath::new(text)
}

fn found(fix: Fix) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(RULE, Severity::Error, Location::file(&path("a.txt")), "bad");
    diagnostic.fix(fix);
    diagnostic
}

fn anything(_: &RepoPath, _: &str) -> bool {
    true
}

struct Report(Repository, Vec<Diagnostic>);

impl Checked for Report {
    fn repository(&self) -> &Repository {
        &self.0
    }
    fn diagnostics(&self) -> &[Diagnostic] {
        &self.1
    }
}

/// Every `old` in a `.txt` file, to be replaced by `new`, and every file below `wrong/`, to be moved to `right/`.
fn check(repository: Repository, old: &str, new: &str) -> Report {
    let mut diagnostics = Vec::new();
    for entry in repository.entries() {
        if let Some(name) = entry.path().as_str().strip_prefix("wrong/") {
            diagnostics.push(found(Fix::safe("Move").move_file(entry.path(), &path(&format!("right/{name}")))));
        }
        let Ok(source) = entry.source() else { continue };
        for (at, _) in source.text().match_indices(old) {
            let span = Span::new(at, at + old.len());
            diagnostics.push(found(Fix::safe("Replace").replace(entry.path(), span, new)));
        }
    }
    Report(repository, diagnostics)
}

#[test]
fn fixes_are_whole_or_not_at_all_and_shared_edits_are_made_once() {
    let repository = Repository::in_memory([("a.txt", b"0123456789".as_slice()), ("b.txt", b"xy"), ("c", b"")]);
    let (a, b, new) = (path("a.txt"), path("b.txt"), path("new"));
    let at = Span::new;
    let fixes = [
        Fix::safe("first").replace(&a, at(2, 4), "AB").replace(&b, at(0, 1), "X"),
        Fix::safe("shares an edit").replace(&a, at(2, 4), "AB").insert(&a, 4, "+"),
        Fix::safe("overlaps, waits whole").replace(&a, at(3, 5), "!").replace(&b, at(1, 2), "!"),
        Fix::safe("other text at one place, waits").insert(&a, 4, "-"),
        Fix::unsafe_("not wanted").replace(&a, at(9, 10), "?"),
        Fix::display("never wanted").replace(&a, at(9, 10), "?"),
        Fix::safe("outside").replace(&a, at(9, 99), "?"),
        Fix::safe("unreadable").insert(&path("none"), 0, "?"),
        Fix::safe("overlaps itself").replace(&a, at(6, 8), "?").replace(&a, at(7, 9), "?"),
        Fix::safe("occupied").move_file(&b, &path("c")),
        Fix::safe("through a file").create(&path("c/d"), ""),
        Fix::safe("creates").create(&new, "one"),
        Fix::safe("creates the same").create(&new, "one"),
        Fix::safe("creates another, waits").create(&new, "two"),
    ];
    let diagnostics = fixes.map(found);
    let plan = plan(&repository, &diagnostics, Applicability::Safe, &anything, &Endless::new());
    let applied: Vec<_> = plan.applied.iter().map(|fix| fix.message.as_str()).collect();
    assert_eq!(applied, ["first", "shares an edit", "creates", "creates the same"]);
    let dropped: Vec<_> = plan.dropped.iter().map(|fix| format!("{}: {}", fix.message, fix.reason)).collect();
    assert_eq!(
        dropped,
        [
            "outside: it edits a place that a.txt does not have",
            "unreadable: none can't be read as text",
            "overlaps itself: its edits of a.txt overlap",
            "occupied: c exists already",
            "through a file: c/d exists already",
        ]
    );
    assert_eq!(plan.texts[&a], "01AB+456789");
    assert_eq!(plan.texts[&b], "Xy");
    assert_eq!(plan.creations.len(), 1);
}

#[test]
fn a_fix_that_breaks_a_file_is_refused_and_the_others_stay() {
    let repository = Repository::in_memory([("a.txt", b"(a)(b)".as_slice())]);
    let a = path("a.txt");
    let balanced = |_: &RepoPath, text: &str| text.matches('(').count() == text.matches(')').count();
    let diagnostics = [
        found(Fix::safe("good").replace(&a, Span::new(1, 2), "A")),
        found(Fix::safe("bad").replace(&a, Span::new(2, 3), "")),
        found(Fix::safe("good too").replace(&a, Span::new(4, 5), "B")),
    ];
    let plan = plan(&repository, &diagnostics, Applicability::Safe, &balanced, &Endless::new());
    assert_eq!(plan.texts[&a], "(A)(B)");
    assert_eq!(plan.dropped.len(), 1);
    assert_eq!(plan.dropped[0].reason, DropReason::NoLongerParses(a));
}

#[test]
fn fixes_go_on_until_nothing_is_left() {
    let repository = Repository::in_memory([("wrong/a.txt", b"aaaaaaaaaaaaaaaaaaaa\r\n".as_slice())]);
    // Takes nineteen rounds: one letter each.
    let one_less = |tree: Repository| {
        let mut report = check(tree, "aa", "a");
        report.1.truncate(1);
        report
    };
    let outcome = fix(&one_less(repository), Applicability::Safe, &anything, one_less);
    assert!(outcome.report.unwrap().diagnostics().is_empty());
    let (to, change) = outcome.changes.iter().next().unwrap();
    assert_eq!((to, change.origin.as_ref().unwrap()), (&path("right/a.txt"), &path("wrong/a.txt")));
    assert_eq!(change.before.as_ref().unwrap().text, "aaaaaaaaaaaaaaaaaaaa\r\n");
    assert_eq!(change.after.as_ref().unwrap().text, "a\r\n");
}

#[test]
fn fixes_without_an_end_are_left_out_and_the_others_made() {
    const OTHER: RuleId = RuleId { code: "TST002", name: "other" };
    // One fix turns a into b and another b into a; one makes a c longer each time; one is fine.
    let check = |tree: Repository| {
        let mut found = Vec::new();
        for (old, new, file, rule) in [
            ("a", "b", "fight", RULE),
            ("b", "a", "fight", OTHER),
            ("c", "cc", "grows", RULE),
            ("d", "e", "fine", RULE),
        ] {
            let text = tree.source(&path(file)).unwrap().text();
            if let Some(at) = text.find(old) {
                let place = Location::file(&path(file));
                let mut diagnostic = Diagnostic::new(rule, Severity::Error, place, "bad");
                diagnostic.fix(Fix::safe("Replace").replace(&path(file), Span::new(at, at + 1), new));
                found.push(diagnostic);
            }
        }
        Report(tree, found)
    };
    let repository =
        || Repository::in_memory([("fight", b"a".as_slice()), ("grows", b"c".as_slice()), ("fine", b"d".as_slice())]);
    let outcome = fix(&check(repository()), Applicability::Safe, &anything, check);
    let changed: Vec<_> = outcome.changes.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(changed, ["fine"]);
    let dropped: Vec<_> = outcome.dropped.iter().map(|fix| (fix.location.path.as_str(), &fix.reason)).collect();
    assert_eq!(dropped, [("fight", &DropReason::Endless), ("grows", &DropReason::Endless)]);
}

#[test]
fn inserted_lines_get_the_ending_of_their_file() {
    let repository = Repository::in_memory([("crlf", b"a\r\nb".as_slice()), ("lf", b"a\nb")]);
    for (name, expected) in [("crlf", "x\r\ny\r\na\r\nb"), ("lf", "x\ny\na\nb")] {
        let plan = plan(
            &repository,
            &[found(Fix::safe("insert").insert(&path(name), 0, "x\ny\r\n"))],
            Applicability::Safe,
            &anything,
            &Endless::new(),
        );
        assert_eq!(plan.texts[&path(name)], expected);
    }
}

fn on_disk(folder: &Path, least: Applicability, old: &str, new: &str) -> Outcome<Report> {
    let repository = Repository::open(folder, &WalkOptions::default()).unwrap();
    fix(&check(repository, old, new), least, &anything, |tree| check(tree, old, new))
}

#[test]
fn files_keep_encoding_marks_and_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    };
    let utf16: Vec<u8> = "\u{feff}old ü\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    write("bom.txt", b"\xEF\xBB\xBFold\r\n");
    write("utf16.txt", &utf16);
    write("wrong/moved.bin", b"\0\xFF");
    write("wrong/edited.sh", b"old");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder.path().join("wrong/edited.sh"), fs::Permissions::from_mode(0o750)).unwrap();
    }
    let outcome = on_disk(folder.path(), Applicability::Safe, "old", "new");
    write_changes(folder.path(), &outcome.changes).unwrap();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("bom.txt"), b"\xEF\xBB\xBFnew\r\n");
    let expected: Vec<u8> = "\u{feff}new ü\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read("utf16.txt"), expected);
    assert_eq!(read("right/moved.bin"), b"\0\xFF");
    assert_eq!(read("right/edited.sh"), b"new");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.path().join("right/edited.sh")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o750);
    }
    assert!(!folder.path().join("wrong").exists());
    assert!(
        on_disk(folder.path(), Applicability::Safe, "old", "new").changes.is_empty(),
        "fixing twice changes nothing"
    );
}

#[cfg(unix)]
#[test]
fn nothing_is_written_over_changes_other_files_or_through_links() {
    let attempt = |disturb: &dyn Fn(&Path, &Path)| {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(folder.path().join("wrong")).unwrap();
        fs::write(folder.path().join("wrong/a.txt"), "old").unwrap();
        fs::write(folder.path().join("b.txt"), "old").unwrap();
        let outcome = on_disk(folder.path(), Applicability::Safe, "old", "new");
        disturb(folder.path(), outside.path());
        let error = write_changes(folder.path(), &outcome.changes).unwrap_err().to_string();
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        error
    };
    assert_eq!(
        attempt(&|folder, _| fs::write(folder.join("b.txt"), "old and more").unwrap()),
        "b.txt changed while it was being checked; run again"
    );
    assert_eq!(
        attempt(&|folder, outside| std::os::unix::fs::symlink(outside, folder.join("right")).unwrap()),
        "right/a.txt is a link or not a plain file"
    );
    assert_eq!(
        attempt(&|folder, _| {
            fs::create_dir(folder.join("right")).unwrap();
            fs::write(folder.join("right/a.txt"), "mine").unwrap();
        }),
        "right/a.txt exists already"
    );
    assert_eq!(
        attempt(&|folder, outside| {
            fs::rename(folder.join("b.txt"), folder.join("c.txt")).unwrap();
            std::os::unix::fs::symlink(outside.join("x"), folder.join("b.txt")).unwrap();
        }),
        "b.txt is a link or not a plain file"
    );
}

#[test]
fn the_diff_shows_moves_edits_and_new_files_as_git_does() {
    let repository = Repository::in_memory([
        ("wrong/a.txt", b"one\nold\nthree".as_slice()),
        ("wrong/b.bin", b"\0"),
        ("crlf.txt", b"old\r\n"),
    ]);
    let mut first = check(repository, "old", "new");
    first.1.push(found(Fix::safe("create").create(&path("made.txt"), "made\n")));
    let outcome = fix(&first, Applicability::Safe, &anything, |tree| check(tree, "old", "new"));
    let mut out = Vec::new();
    write_diff(&mut out, &outcome.changes, "app/", false, &str::to_owned).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap().replace('\r', "␍"));
}
