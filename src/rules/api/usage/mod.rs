//! Finds where a module uses what a library changed, and how that use could be rewritten.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::diagnostic::Span;
use crate::formats::python::{
    Argument, ArgumentOrigin, BlockId, BlockKind, Call, Handler, Import, Module, QualifiedName, TestKind, ValueKind,
};
use crate::knowledge::{ApiFix, Change, ChangeKind, Library, Passed, SymbolPattern, resolved_name};
use crate::repo::Source;

/// Whether a module imports, calls or names something that one of the patterns means.
pub(super) fn names_any(module: &Module, patterns: &[SymbolPattern]) -> bool {
    let meant = |name: &str| patterns.iter().any(|pattern| pattern.matches(name));
    module.imports.iter().any(|import| meant(&import.qualified()))
        || module.calls.iter().filter_map(Call::qualified).any(|name| meant(name))
        || module.references.iter().any(|reference| meant(&reference.name))
}

/// One use of something that a library changed.
#[derive(Debug, Clone)]
pub(super) struct Use {
    /// What changed.
    pub change: &'static Change,
    /// The qualified name that is used.
    pub symbol: String,
    /// The use as written.
    pub written: String,
    /// The place: the argument, the call or the name.
    pub span: Span,
    /// The call or the import statement that it is part of.
    pub statement: Span,
    /// Whether a `from … import …` takes it by its name.
    pub imported: bool,
    /// Whether it is imported, and nothing in the file calls or names it.
    pub idle: bool,
    /// The `except` clause that catches the failure without being written for it.
    pub hidden_by: Option<Span>,
    /// Whether it runs only where the file is the program.
    pub main_only: bool,
    /// The replacements of text that rewrite the use, where that is mechanical.
    pub edits: Vec<(Span, String)>,
}

impl Use {
    /// What is used, in words: "`theme=` of gradio.Blocks.launch", "`numpy.float`".
    pub(super) fn in_words(&self) -> String {
        if let (Some(_), Some(position)) = (self.change.passed, self.change.position) {
            let place = ["first", "second", "third"].get(position).copied().unwrap_or("next");
            return format!("`{}` as the {place} argument of {}", self.written, self.symbol);
        }
        if let Some(missing) = self.change.without.first() {
            return format!("`{}` without `{missing}=`", self.symbol);
        }
        match (&self.change.parameter, self.change.kind) {
            (Some(parameter), ChangeKind::Parameter) => format!("`{parameter}=` of {}", self.symbol),
            (Some(_), _) => format!("`{}` of {}", self.written, self.symbol),
            (None, _) => format!("`{}`", self.symbol),
        }
    }
}

/// The uses in a module, whose names are `named`, of those of a library's changes that `wanted` admits, in the order of the
/// text.
pub(super) fn uses(
    module: &Module,
    source: &Source,
    named: &NamesByRoot<'_>,
    library: &'static Library,
    wanted: impl Fn(&Change) -> bool,
) -> Vec<Use> {
    let mut found: Vec<Use> = Vec::new();
    for change in library.changes.iter().filter(|change| change.condition.is_none() && wanted(change)) {
        match change.kind {
            ChangeKind::Parameter | ChangeKind::ParameterValue => arguments(module, source, named, change, &mut found),
            ChangeKind::Behaviour => {}
            ChangeKind::Module
            | ChangeKind::Function
            | ChangeKind::Class
            | ChangeKind::Method
            | ChangeKind::Attribute => {
                names(module, source, named, change, &mut found);
            }
        }
    }
    found.sort_by_key(|one| one.span);
    // One argument can reach a call twice: through a partial and through the call of it.
    found.dedup_by(|a, b| a.span == b.span && std::ptr::eq(a.change, b.change));
    found
}

/// Whether anything in the module can be of the library.
pub(super) fn imports_library(module: &Module, library: &Library) -> bool {
    library.is_python()
        || module.imports.iter().any(|import| {
            let root = import.module.split('.').next().unwrap_or_default();
            let mut known = library.modules.iter().chain(&library.through);
            import.level == 0 && known.any(|known| known.split('.').next() == Some(root))
        })
}

/// A name from outside that a module uses, by the class where it is a method.
struct Named<'m> {
    name: Cow<'m, str>,
    span: Span,
    block: BlockId,
    call: Option<&'m Call>,
}

impl<'m> Named<'m> {
    fn all(module: &'m Module, results_of: &[&Library]) -> impl Iterator<Item = Self> {
        let calls = module.calls.iter().filter_map(|call| {
            let name = resolved_name(call.qualified()?, results_of);
            Some(Self { name, span: call.callee_span, block: call.block, call: Some(call) })
        });
        let mentions = module.references.iter().map(|reference| Self {
            name: resolved_name(&reference.name, results_of),
            span: reference.span,
            block: reference.block,
            call: None,
        });
        calls.chain(mentions)
    }
}

/// What a module imports and names, by the first part: a change is compared with what begins as it does, and with nothing
/// else.
pub(super) struct NamesByRoot<'m> {
    imports: FxHashMap<String, Vec<(QualifiedName, &'m Import)>>,
    named: FxHashMap<String, Vec<Named<'m>>>,
}

impl<'m> NamesByRoot<'m> {
    /// The names of a module; `results_of` are tables that say what functions return, beside those compiled in.
    pub(super) fn new(module: &'m Module, results_of: &[&Library]) -> Self {
        let mut all = Self { imports: FxHashMap::default(), named: FxHashMap::default() };
        for import in module.imports.iter().filter(|import| import.level == 0 && !import.type_checking) {
            let name = import.qualified();
            all.imports.entry(first_part(&name).to_owned()).or_default().push((name, import));
        }
        for named in Named::all(module, results_of) {
            all.named.entry(first_part(&named.name).to_owned()).or_default().push(named);
        }
        all
    }

    fn imports(&self, change: &Change) -> impl Iterator<Item = &(QualifiedName, &'m Import)> {
        roots(change).filter_map(|root| self.imports.get(root)).flatten()
    }

    fn named(&self, change: &Change) -> impl Iterator<Item = &Named<'m>> {
        roots(change).filter_map(|root| self.named.get(root)).flatten()
    }
}

/// The first parts of the names that a change is about, each once.
fn roots(change: &Change) -> impl Iterator<Item = &str> {
    let root = |at: usize| change.symbols.get(at).map(|symbol| first_part(symbol.as_str()));
    (0..change.symbols.len()).filter_map(move |at| {
        let found = root(at)?;
        (!(0..at).any(|before| root(before) == Some(found))).then_some(found)
    })
}

fn first_part(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// Calls that pass a changed argument.
fn arguments(module: &Module, source: &Source, named: &NamesByRoot<'_>, change: &'static Change, found: &mut Vec<Use>) {
    let Some(parameter) = &change.parameter else { return };
    for (name, call) in named.named(change).filter_map(|named| Some((&named.name, named.call?))) {
        if !change.concerns(name) {
            continue;
        }
        let positional = || change.position.and_then(|position| call.positional(position));
        let argument = match change.passed {
            None => call.keyword(parameter).or_else(positional),
            Some(Passed::ByPosition) => positional(),
            Some(Passed::TextByPosition) => {
                positional().filter(|argument| matches!(argument.value.kind, ValueKind::Str(_)))
            }
        };
        let Some(argument) = argument else { continue };
        let meant = change.kind == ChangeKind::Parameter || has_value(argument, &change.values);
        let guard = guard(module, source, call.block, "TypeError");
        if !meant || guard == Guard::Expects {
            continue;
        }
        let edits = if module.notebook { Vec::new() } else { argument_edits(source, call, argument, change) };
        let written = argument.span.of(source.text()).to_owned();
        found.push(Use {
            change,
            symbol: name.to_string(),
            written,
            span: argument.span,
            statement: call.span,
            imported: false,
            idle: false,
            hidden_by: guard.hidden_by(),
            main_only: module.in_main_guard(call.block),
            edits,
        });
    }
}

fn has_value(argument: &Argument, values: &[String]) -> bool {
    let text = match &argument.value.kind {
        ValueKind::Str(text) => text.to_string(),
        ValueKind::Int(number) => number.to_string(),
        ValueKind::Bool(true) => "True".to_owned(),
        ValueKind::Bool(false) => "False".to_owned(),
        ValueKind::None => "None".to_owned(),
        _ => return false,
    };
    values.contains(&text)
}

fn argument_edits(source: &Source, call: &Call, argument: &Argument, change: &Change) -> Vec<(Span, String)> {
    match (&change.fix, argument.name_span) {
        (Some(ApiFix::RenameParameter(new)), Some(name)) if call.keyword(new).is_none() => {
            let written = name.of(source.text());
            // The key of a dictionary keeps its quotes.
            let quote = written.chars().next().filter(|first| matches!(first, '"' | '\''));
            let new = quote.map_or_else(|| new.clone(), |quote| format!("{quote}{new}{quote}"));
            vec![(name, new)]
        }
        (Some(ApiFix::RemoveArgument), _) if argument.origin == ArgumentOrigin::Direct => {
            vec![(with_comma(source.text(), argument.span), String::new())]
        }
        _ => Vec::new(),
    }
}

/// An argument with the comma that parts it from its neighbour.
fn with_comma(text: &str, argument: Span) -> Span {
    let after = text.get(argument.end..).unwrap_or_default();
    let trimmed = after.trim_start();
    if let Some(rest) = trimmed.strip_prefix(',') {
        let next = rest.trim_start();
        let end = if next.starts_with(')') { text.len() - rest.len() } else { text.len() - next.len() };
        return Span::new(argument.start, end);
    }
    let before = text.get(..argument.start).unwrap_or_default().trim_end();
    match before.strip_suffix(',') {
        Some(kept) => Span::new(kept.len(), argument.end),
        None => argument,
    }
}

/// Imports, calls and mentions of a changed name. Where a name is imported, the import is what fails first, and the places
/// that use the name are not listed again.
fn names(module: &Module, source: &Source, named: &NamesByRoot<'_>, change: &'static Change, found: &mut Vec<Use>) {
    let mut imported = false;
    for (name, import) in named.imports(change) {
        // An import says nothing of the arguments that a call passes.
        if !change.without.is_empty() || !change.concerns(name) || import.guarded {
            continue;
        }
        let guard = guard(module, source, import.block, "ImportError");
        if guard == Guard::Expects {
            continue;
        }
        imported = true;
        let idle = !named.named(change).any(|named| named.name == *name.as_str());
        let edits = if module.notebook { Vec::new() } else { import_edits(source, import, change, name) };
        let written = import.span.of(source.text()).to_owned();
        found.push(Use {
            change,
            symbol: name.to_string(),
            written,
            span: import.span,
            statement: import.statement,
            imported: true,
            idle,
            hidden_by: guard.hidden_by(),
            main_only: module.in_main_guard(import.block),
            edits,
        });
    }
    if imported {
        return;
    }
    let undeferred = named.named(change).filter(|named| named.call.is_none_or(|call| !call.deferred));
    for Named { name, span, block, call } in undeferred {
        let (span, block) = (*span, *block);
        if !change.concerns(name) || is_imported_guarded(module, source, name) {
            continue;
        }
        if !change.without.is_empty() && !call.is_some_and(|call| passes_none(call, change)) {
            continue;
        }
        let guard = guard(module, source, block, "AttributeError");
        if guard == Guard::Expects {
            continue;
        }
        let edits = if module.notebook { Vec::new() } else { name_edits(source, span, change, name) };
        let written = span.of(source.text()).to_owned();
        found.push(Use {
            change,
            symbol: name.to_string(),
            written,
            span,
            statement: span,
            imported: false,
            idle: false,
            hidden_by: guard.hidden_by(),
            main_only: module.in_main_guard(block),
            edits,
        });
    }
}

/// Whether a call passes none of the arguments without which a change matters, as far as it shows.
fn passes_none(call: &Call, change: &Change) -> bool {
    let by_place = change.position.is_some_and(|position| call.positional(position).is_some());
    !call.unknown_keywords
        && !call.unknown_positional
        && !by_place
        && !change.without.iter().any(|name| call.keyword(name).is_some())
}

/// Whether the name comes from an import that has a way out, or is for some versions only.
fn is_imported_guarded(module: &Module, source: &Source, name: &str) -> bool {
    module.imports.iter().any(|import| {
        let imported = import.qualified();
        let by_version = || {
            let mut conditions = module.conditions(import.block);
            conditions.any(|(test, _, _)| asks_about_versions(test.of(source.text())))
        };
        (import.guarded || import.type_checking || by_version())
            && (*imported == *name || name.starts_with(&format!("{imported}.")))
    })
}

/// `from old import name` becomes `from new import name`, where the statement imports nothing else.
fn import_edits(source: &Source, import: &Import, change: &Change, name: &str) -> Vec<(Span, String)> {
    let Some(renamed) = change.renamed(name) else { return Vec::new() };
    let Some((module, last)) = renamed.rsplit_once('.') else { return Vec::new() };
    let Some(imported) = &import.name else { return Vec::new() };
    let alone = import.statement.of(source.text());
    if alone.contains([',', '(']) || (last != &**imported && import.alias.is_none()) {
        return Vec::new();
    }
    let alias = import.alias.as_ref().map_or_else(String::new, |alias| format!(" as {alias}"));
    vec![(import.statement, format!("from {module} import {last}{alias}"))]
}

/// The last part of a dotted name changes, where what stands before it stays.
fn name_edits(source: &Source, span: Span, change: &Change, name: &str) -> Vec<(Span, String)> {
    let new = match &change.fix {
        Some(ApiFix::RenameAttribute(new)) => new.clone(),
        Some(ApiFix::ReplaceSymbol(_)) => match change.renamed(name) {
            Some(renamed)
                if renamed.rsplit_once('.').map(|(module, _)| module)
                    == name.rsplit_once('.').map(|(module, _)| module) =>
            {
                renamed.rsplit('.').next().unwrap_or_default().to_owned()
            }
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let text = span.of(source.text());
    let last = name.rsplit('.').next().unwrap_or(name);
    match text.strip_suffix(last) {
        Some(before) if before.ends_with('.') => vec![(Span::new(span.start + before.len(), span.end), new)],
        _ => Vec::new(),
    }
}

/// What the code around a place makes of a failure there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// Nothing.
    None,
    /// It expects it: a handler is written for it, the place is such a handler, or a test about versions or about what is
    /// there decides.
    Expects,
    /// An `except` for everything hides it, which is not a way out.
    Hides(Span),
}

impl Guard {
    fn hidden_by(self) -> Option<Span> {
        match self {
            Self::Hides(handler) => Some(handler),
            Self::None | Self::Expects => None,
        }
    }
}

fn guard(module: &Module, source: &Source, block: BlockId, exception: &str) -> Guard {
    let expects = |handler: &Handler| {
        let broad = |name: &str| matches!(name, "Exception" | "BaseException");
        handler.catches(exception) && handler.types.iter().any(|caught| !broad(caught.last()))
    };
    let handled = module.enclosing(block).any(|(_, block)| match &block.kind {
        BlockKind::Try { handlers } => handlers.iter().any(expects),
        BlockKind::Handler(handler) => expects(handler),
        BlockKind::Branch { test, kind, negated } => {
            let test = test.of(source.text());
            *kind == TestKind::TypeChecking || asks_about_versions(test) || (!negated && asks_for_another_system(test))
        }
        _ => false,
    });
    if handled || module.in_type_checking(block) {
        return Guard::Expects;
    }
    let hides = module.enclosing_in_function(block).find_map(|(_, block)| match &block.kind {
        BlockKind::Try { handlers } => handlers.iter().find(|handler| handler.catches(exception)),
        _ => None,
    });
    hides.map_or(Guard::None, |handler| Guard::Hides(handler.span))
}

/// Whether a test asks for a version, for what is installed (`PYDANTIC_V2` and `is_peft_available()` are such names too), or
/// for the type of a result that changed.
fn asks_about_versions(test: &str) -> bool {
    let test = test.to_ascii_lowercase();
    let named = test.split("_v").skip(1).any(|rest| rest.starts_with(|next: char| next.is_ascii_digit()));
    named
        || ["version", "hasattr", "signature", "parameters", "bytes)"].iter().any(|word| test.contains(word))
        || test.split(|c: char| !c.is_alphanumeric() && c != '_').any(asks_for_a_package)
}

/// Whether a name says that a package is there. `torch.cuda.is_available()` asks for a device, which decides nothing about
/// versions.
fn asks_for_a_package(name: &str) -> bool {
    const DEVICES: &[&str] = &["cuda", "gpu", "hpu", "mlu", "mps", "musa", "npu", "rocm", "tpu", "xpu"];
    name.contains("_available") && name != "is_available" && !name.split('_').any(|part| DEVICES.contains(&part))
}

/// Whether a test holds on Windows or macOS only, where nothing is deployed.
fn asks_for_another_system(test: &str) -> bool {
    let asks = ["os.name", "sys.platform", "platform.system"].iter().any(|name| test.contains(name));
    let other = ["\"nt\"", "'nt'", "win32", "Windows", "darwin", "Darwin", "cygwin", "\"win", "'win"];
    asks && other.iter().any(|name| test.contains(name)) && !test.contains("!=") && !test.contains("not ")
}

/// Literals of which a source must hold one for a change that `wanted` admits to be used in it.
pub(super) fn literals(libraries: &[&'static Library], wanted: fn(&Library, &Change) -> bool) -> Vec<&'static str> {
    let mut literals: Vec<&'static str> = libraries
        .iter()
        .flat_map(|library| library.changes.iter().filter(move |change| wanted(library, change)))
        .flat_map(|change| change.needles().into_iter().chain(change.unless.iter().map(String::as_str)))
        .collect();
    literals.sort_unstable();
    literals.dedup();
    literals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_no_version() {
        for (test, asks) in [
            ("torch.cuda.is_available()", false),
            ("is_torch_xpu_available()", false),
            ("HAS_CUDA and mps_available", false),
            ("is_peft_available()", true),
            ("TORCHAUDIO_AVAILABLE", true),
            ("PYDANTIC_V2", true),
            ("sys.version_info >= (3, 12)", true),
            ("hasattr(np, 'float')", true),
        ] {
            assert_eq!(asks_about_versions(test), asks, "{test}");
        }
    }
}
