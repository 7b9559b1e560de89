//! Values and objects that code takes from other files of the repository: constants, settings objects, a user interface
//! that another module builds.

use std::sync::Arc;

use crate::diagnostic::RepoPath;
use crate::formats::python::{ClassId, Module, QualifiedName, Value, ValueKind, defining_file};

use super::{Deployment, Locate};

/// Steps from file to file beyond which nothing is known.
const MAX_STEPS: usize = 6;

impl Deployment<'_> {
    /// The name of what a call in `path` calls, where the object that it is called on is made in another file:
    /// `ui.demo.launch` is `gradio.Blocks.launch` where `ui.py` has `demo = gr.Blocks()`.
    #[must_use]
    pub fn called_across_files(&self, path: &RepoPath, name: &QualifiedName) -> Option<QualifiedName> {
        let class = self.class_of_instance(path, &QualifiedName::new(name.parent()), MAX_STEPS)?;
        Some(class.member(name.last()))
    }

    /// A value as another file of the repository defines it, with that file; the value itself where it is no name of
    /// another file's.
    #[must_use]
    pub fn resolve(&self, path: &RepoPath, value: &Value) -> (RepoPath, Value) {
        let own = || (path.clone(), self.as_setting(path, value));
        match &value.kind {
            ValueKind::Name(name) => self.named(path, name, MAX_STEPS).unwrap_or_else(own),
            _ => own(),
        }
    }

    fn class_of_instance(&self, path: &RepoPath, name: &QualifiedName, steps: usize) -> Option<QualifiedName> {
        let (file, rest) = self.defining(path, name)?;
        if rest.is_empty() || steps == 0 {
            return None;
        }
        let module = self.documents().python(&file)?;
        if let Some(class) = module.instance_class(&rest) {
            // What a first-party function returned is known by its name alone.
            let further = || self.class_of_instance(&file, class, steps - 1);
            return if class.ends_with("()") || class.starts_with('.') {
                further().or_else(|| Some(class.clone()))
            } else {
                Some(class.clone())
            };
        }
        let (first, member) = rest.split_once('.').map_or((rest.as_str(), None), |(first, rest)| (first, Some(rest)));
        let bare = first.trim_end_matches("()");
        let import = module.imports.iter().rev().find(|import| import.bound_name() == Some(bare))?;
        let mut target = QualifiedName::new(&format!("{}{}", import.qualified(), first.get(bare.len()..)?));
        if let Some(member) = member {
            target = target.member(member);
        }
        self.class_of_instance(&file, &target, steps - 1)
    }

    /// The value that a qualified name of another file stands for.
    fn named(&self, path: &RepoPath, name: &QualifiedName, steps: usize) -> Option<(RepoPath, Value)> {
        let (file, rest) = self.defining(path, name)?;
        if rest.is_empty() || steps == 0 {
            return None;
        }
        let module = self.documents().python(&file)?;
        let (first, member) = rest.split_once('.').map_or((rest.as_str(), None), |(first, rest)| (first, Some(rest)));
        let Some(member) = member else {
            let assigned = module.assignments.iter().filter(|one| one.function.is_none() && &*one.target == first);
            let mut assigned = assigned.map(|one| &one.value);
            if let Some(value) = assigned.next() {
                // What is assigned twice depends on which branch ran.
                return if assigned.next().is_none() { self.followed(&file, value, steps) } else { None };
            }
            return self.imported(&file, module, first, None, steps);
        };
        let class = match first.strip_suffix("()") {
            Some(function) => returned_class(module, function),
            None => instance_or_class(module, first),
        };
        match class {
            Some(class) => {
                let value = attribute(module, class, member)?;
                self.followed(&file, &value, steps)
            }
            None => self.imported(&file, module, first, Some(member), steps),
        }
    }

    fn followed(&self, file: &RepoPath, value: &Value, steps: usize) -> Option<(RepoPath, Value)> {
        match &value.kind {
            ValueKind::Name(name) => self.named(file, name, steps - 1),
            _ => Some((file.clone(), self.as_setting(file, value))),
        }
    }

    fn imported(
        &self,
        file: &RepoPath,
        module: &Module,
        first: &str,
        member: Option<&str>,
        steps: usize,
    ) -> Option<(RepoPath, Value)> {
        let bare = first.trim_end_matches("()");
        let import = module.imports.iter().rev().find(|import| import.bound_name() == Some(bare))?;
        let mut target = format!("{}{}", import.qualified(), first.get(bare.len()..)?);
        if let Some(member) = member {
            target = format!("{target}.{member}");
        }
        self.named(file, &QualifiedName::new(&target), steps - 1)
    }

    /// The file of the repository that defines a name, and what is left of the name.
    fn defining(&self, path: &RepoPath, name: &QualifiedName) -> Option<(RepoPath, String)> {
        let bare = name.replace("()", "");
        let mut roots = vec![path.parent()];
        roots.extend(self.starts().iter().filter_map(|start| Some(start.file.as_ref()?.0.parent())));
        roots
            .extend(self.layout().import_roots().into_iter().flat_map(|root| [root.join("src"), Some(root)]).flatten());
        roots.dedup();
        let repository = self.documents().repository();
        let (file, rest) = defining_file(&QualifiedName::new(&bare), path, &roots, repository)?;
        // The parentheses of a function's result are put back where they stood.
        let length = rest.split('.').filter(|part| !part.is_empty()).count();
        let parts: Vec<&str> = name.split('.').collect();
        let kept = parts.len().checked_sub(length)?;
        Some((file, parts.get(kept..)?.join(".")))
    }

    /// A field of a pydantic settings class is read from the environment first.
    fn as_setting(&self, path: &RepoPath, value: &Value) -> Value {
        let Some(module) = self.documents().python(path) else { return value.clone() };
        let field = module.class_ids().find_map(|(id, class)| {
            if !is_settings_class(module, id, 0) {
                return None;
            }
            let attribute = class.attributes.iter().find(|one| {
                one.method.is_none() && (one.value.span == value.origin() || one.value.origin() == value.origin())
            })?;
            Some((id, attribute.name.clone()))
        });
        let Some((class, name)) = field else { return value.clone() };
        if matches!(value.kind, ValueKind::Env { .. }) {
            return value.clone();
        }
        let (default, alias) = field_parts(module, value);
        let prefix = match settings_prefix(module, class, 0) {
            None => Some(String::new()),
            Some(written) => match &written.kind {
                ValueKind::Name(known) => {
                    let found = self.named(path, known, MAX_STEPS);
                    found.and_then(|(_, value)| value.as_str().map(str::to_owned))
                }
                _ => written.as_str().map(str::to_owned),
            },
        };
        let Some(variable) = alias.or_else(|| Some(Arc::from(format!("{}{name}", prefix?)))) else {
            // Which variable it is can't be told.
            return Value { kind: ValueKind::Unknown, span: value.span, definition: value.definition };
        };
        // Names are compared without regard to case: the environment's own spelling is the one to ask for.
        let known = self.environment().iter().map(|(name, _)| name).find(|known| known.eq_ignore_ascii_case(&variable));
        let variable = known.map_or_else(|| Arc::from(variable.to_ascii_uppercase()), Arc::from);
        Value {
            kind: ValueKind::Env { variable, required: default.is_none(), default: default.map(Box::new) },
            span: value.span,
            definition: value.definition,
        }
    }
}

/// The class that a name of the top level is, or is an instance of.
fn instance_or_class(module: &Module, name: &str) -> Option<ClassId> {
    let class = module.class_ids().find(|(_, class)| &*class.qualified == name).map(|(id, _)| id);
    class.or_else(|| {
        let assigned = module.assignments.iter().rev().find(|one| one.function.is_none() && &*one.target == name)?;
        constructed(module, &assigned.value)
    })
}

/// The class of this file that a function returns an instance of.
fn returned_class(module: &Module, function: &str) -> Option<ClassId> {
    let by_name = |name: &str| module.class_ids().find(|(_, class)| &*class.qualified == name).map(|(id, _)| id);
    if let Some(class) = by_name(function) {
        return Some(class);
    }
    let (id, row) = module.function_ids().find(|(_, row)| &*row.qualified == function)?;
    row.returns.as_ref().and_then(|returned| by_name(returned)).or_else(|| {
        let returned = module
            .calls
            .iter()
            .find(|call| call.function == Some(id) && call.usage == crate::formats::python::Usage::Returned)?;
        match returned.callee {
            crate::formats::python::Callee::Class(class) => Some(class),
            _ => None,
        }
    })
}

fn constructed(module: &Module, value: &Value) -> Option<ClassId> {
    let ValueKind::Call(call) = value.kind else { return None };
    match &module.call(call).callee {
        crate::formats::python::Callee::Class(class) => Some(*class),
        crate::formats::python::Callee::Function(function) => {
            returned_class(module, &module.function(*function).qualified)
        }
        _ => None,
    }
}

/// The value that a class's body gives an attribute, its bases in the file included.
fn attribute(module: &Module, class: ClassId, name: &str) -> Option<Value> {
    let mut open = vec![class];
    let mut seen = Vec::new();
    while let Some(class) = open.pop() {
        if seen.contains(&class) {
            continue;
        }
        seen.push(class);
        let row = module.class(class);
        let mut found = row.attributes.iter().filter(|attribute| &*attribute.name == name);
        if let Some(attribute) = found.next() {
            return found.next().is_none().then(|| attribute.value.clone());
        }
        open.extend(row.bases.iter().filter_map(|base| base.class));
    }
    None
}

/// Whether a class reads its fields from the environment, as pydantic's settings do.
fn is_settings_class(module: &Module, class: ClassId, depth: usize) -> bool {
    depth < MAX_STEPS
        && module.class(class).bases.iter().any(|base| {
            base.name.as_ref().is_some_and(|name| name.last() == "BaseSettings")
                || base.class.is_some_and(|base| is_settings_class(module, base, depth + 1))
        })
}

/// What `env_prefix` of a settings class, or of a base of it in the same file, is set to.
fn settings_prefix(module: &Module, class: ClassId, depth: usize) -> Option<&Value> {
    let row = module.class(class);
    let config = row.attributes.iter().find(|attribute| &*attribute.name == "model_config");
    if let Some(ValueKind::Call(call)) = config.map(|attribute| &attribute.value.kind)
        && let Some(argument) = module.call(*call).keyword("env_prefix")
    {
        return Some(&argument.value);
    }
    let inner = format!("{}.Config", row.qualified);
    let inner = module.classes.iter().find(|class| *class.qualified == *inner);
    let inner = inner.and_then(|inner| inner.attributes.iter().find(|one| &*one.name == "env_prefix"));
    inner.map(|attribute| &attribute.value).or_else(|| {
        let bases = row.bases.iter().filter_map(|base| base.class).filter(|_| depth < MAX_STEPS);
        bases.into_iter().find_map(|base| settings_prefix(module, base, depth + 1))
    })
}

/// The default and the variable's own name in `Field(default, env="X")`; the value itself where it is no `Field`.
fn field_parts(module: &Module, value: &Value) -> (Option<Value>, Option<Arc<str>>) {
    let ValueKind::Call(call) = value.kind else {
        return ((!value.is_unknown()).then(|| value.clone()), None);
    };
    let call = module.call(call);
    if call.qualified().is_none_or(|name| name.last() != "Field") {
        return (Some(value.clone()), None);
    }
    let default = call.argument("default", 0).map(|argument| argument.value.clone());
    let alias = ["validation_alias", "alias", "env"]
        .iter()
        .find_map(|name| call.keyword(name)?.value.as_str().map(Arc::<str>::from));
    (default, alias)
}
