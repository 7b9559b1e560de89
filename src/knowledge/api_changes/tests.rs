//! Tests of the tables of API changes.

use super::*;

#[test]
fn every_table_can_be_read_and_stands_under_its_own_name() {
    let mut read = 0;
    for (path, text) in super::super::tables_in("api") {
        read += 1;
        let mut library = table::parse(text).unwrap_or_else(|error| panic!("rules/{path}: {error}"));
        // They are for the tests alone.
        library.examples.clear();
        assert!(path.ends_with(&format!("/{}.toml", library.name)), "rules/{path} is the table of {}", library.name);
        for change in &library.changes {
            let name = format!("rules/{path}: {}", change.symbols[0]);
            assert!(change.fails.is_some() || change.note.is_some(), "{name} does not say how it fails");
            assert!(!change.evidence.is_empty(), "{name} has no evidence");
        }
        assert_eq!(api_changes_of(&library.name), Some(&library), "rules/{path} is compiled in otherwise");
    }
    assert_eq!(api_changes().len(), read);
}

#[test]
fn a_row_that_contradicts_itself_is_refused() {
    let row = |rest: &str| {
        table::parse(&format!(
            "library = 'x'\nmodules = ['x']\n[[change]]\nsymbols = ['x.y']\nfails = 'f'\nevidence = ['z']\nchecked = 'run'\n{rest}"
        ))
    };
    assert!(row("kind = 'function'\nbreaks = '>=2'").is_ok());
    for wrong in [
        "kind = 'function'",
        "kind = 'function'\nbreaks = '>=2,<1'",
        "kind = 'function'\nbreaks = 'two'",
        "kind = 'parameter'\nbreaks = '>=2'",
        "kind = 'function'\nparameter = 'p'\nbreaks = '>=2'",
        "kind = 'parameter-value'\nparameter = 'p'\nbreaks = '>=2'",
        "kind = 'function'\nbreaks = '>=2'\nfix = 'remove-argument'",
        "kind = 'function'\nbreaks = '>=2'\nremoved = '>=2'",
    ] {
        assert!(row(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_replacement_follows_the_name_that_was_found() {
    let library = table::parse(
        "library = 'x'\nmodules = ['x']\n\
         [[change]]\nsymbols = ['x.prompts']\nkind = 'module'\nbreaks = '>=1'\nnote = 'n'\nevidence = ['e']\nchecked = 'wheel'\n\
         fix = { replace-symbol = 'core.prompts' }\napplicability = 'safe'\n\
         [[change]]\nsymbols = ['x.A', 'x.B']\nkind = 'attribute'\nbreaks = '>=1'\nnote = 'n'\nevidence = ['e']\nchecked = 'wheel'\n\
         fix = { replace-symbol = 'x.abc.{name}' }\napplicability = 'safe'\n",
    )
    .unwrap();
    assert_eq!(library.changes[0].renamed("x.prompts.chat.T").unwrap(), "core.prompts.chat.T");
    assert_eq!(library.changes[1].renamed("x.B").unwrap(), "x.abc.B");
    assert_eq!(library.changes[0].renamed("y.prompts"), None);
    assert!(library.changes[0].concerns("x.prompts.chat.T") && !library.changes[1].concerns("x.B.c"));
}

#[test]
fn a_failure_is_told_in_the_words_of_the_name_that_was_found() {
    let library = table::parse(
        "library = 'x'\nmodules = ['x']\n[[change]]\nsymbols = ['x.*.update']\nexcept = ['x.Keep.update']\nkind = 'method'\nbreaks = '>=2'\n\
         fails = \"AttributeError: '{class}' object has no attribute '{name}'\"\nevidence = ['e']\nchecked = 'run'\n",
    )
    .unwrap();
    let change = &library.changes[0];
    assert_eq!(
        change.failure("x.Box.update", false).unwrap(),
        "AttributeError: 'Box' object has no attribute 'update'"
    );
    assert!(change.concerns("x.Box.update") && !change.concerns("x.Keep.update"));

    // What Python says depends on how the name is reached.
    let library = table::parse(
        "library = 'x'\nmodules = ['x']\n\
         [[change]]\nsymbols = ['x.chains']\nkind = 'module'\nbreaks = '>=1'\n\
         fails = \"ModuleNotFoundError: No module named '{symbol}'\"\n\
         [[change]]\nsymbols = ['x.Box']\nkind = 'class'\nbreaks = '>=1'\n\
         fails = \"AttributeError: module '{parent}' has no attribute '{name}'\"\n",
    )
    .unwrap();
    let said = |row: usize, name: &str, imported| library.changes[row].failure(name, imported).unwrap();
    assert_eq!(said(0, "x.chains.sql.make", true), "ModuleNotFoundError: No module named 'x.chains'");
    assert_eq!(said(0, "x.chains.sql.make", false), "AttributeError: module 'x' has no attribute 'chains'");
    assert_eq!(said(1, "x.Box", true), "ImportError: cannot import name 'Box' from 'x'");
    assert_eq!(said(1, "x.Box", false), "AttributeError: module 'x' has no attribute 'Box'");
}

#[test]
fn methods_are_named_by_the_class_that_a_known_call_returns() {
    for (name, expected) in [
        ("pandas.read_csv().append", "pandas.DataFrame.append"),
        ("pandas.read_csv().head().append", "pandas.DataFrame.append"),
        ("PIL.ImageDraw.Draw.textsize", "PIL.ImageDraw.ImageDraw.textsize"),
        ("gradio.Blocks.queue().launch", "gradio.Blocks.launch"),
        ("sqlalchemy.create_engine().execute", "sqlalchemy.engine.Engine.execute"),
        ("pandas.read_csv", "pandas.read_csv"),
        ("some.call().x", "some.call().x"),
        ("", ""),
    ] {
        assert_eq!(resolved_name(name, &[]), expected);
    }
}
