//! What names mean across files: imports and re-exports, classes with their bases, instances at module level.

use std::collections::BTreeSet;

use crate::diagnostic::RepoPath;
use crate::formats::python::{Call, Callee, Import, Module, QualifiedName, ValueKind, defining_file, imported_files};

use super::{CallGraph, ClassAt, Definition, FunctionAt};

/// Re-exports and aliases followed for one name.
const MAX_STEPS: usize = 8;
/// Classes looked at for one method.
const MAX_CLASSES: usize = 50;
/// Files followed from one file.
const MAX_IMPORTED: usize = 2000;

impl<'d> CallGraph<'d> {
    /// The function or class of the repository that a call runs. Constructing a class gives the class.
    #[must_use]
    pub fn callee(&self, path: &'d RepoPath, module: &'d Module, call: &Call) -> Option<Definition<'d>> {
        self.callee_within(path, module, call, MAX_STEPS)
    }

    fn callee_within(
        &self,
        path: &'d RepoPath,
        module: &'d Module,
        call: &Call,
        steps: usize,
    ) -> Option<Definition<'d>> {
        match &call.callee {
            Callee::Function(id) | Callee::LocalMethod { function: Some(id), .. } => {
                Some(Definition::Function(FunctionAt { path, module, id: *id }))
            }
            Callee::Class(id) => Some(Definition::Class(ClassAt { path, module, id: *id })),
            Callee::LocalMethod { class, method, through_super, .. } => {
                let class = ClassAt { path, module, id: *class };
                let found = if *through_super {
                    self.bases(class).into_iter().find_map(|base| self.method(base, method))
                } else {
                    self.method(class, method)
                };
                found.map(Definition::Function)
            }
            Callee::Qualified(name) | Callee::Method(name) => self.definition_within(name, path, steps),
            // An attribute that a class of another file sets.
            Callee::UnknownMethod { receiver, method } => {
                let attribute = receiver.strip_prefix("self.").filter(|attribute| !attribute.contains(['(', '[']))?;
                let id = module.method_class(call.function?)?;
                let class = ClassAt { path, module, id };
                self.member_of_class(class, &format!("{attribute}.{method}"), steps)
            }
            // One of several stars.
            Callee::UnknownName(name) => {
                let bound = module.functions.iter().any(|function| function.parameter(name).is_some())
                    || module.assignments.iter().any(|row| row.target == *name);
                if bound { None } else { self.through_stars(path, module, name, steps) }
            }
            Callee::Unknown => None,
        }
    }

    /// What a name, as `importer` would resolve it, is defined as in the repository.
    #[must_use]
    pub fn definition(&self, name: &QualifiedName, importer: &RepoPath) -> Option<Definition<'d>> {
        self.definition_within(name, importer, MAX_STEPS)
    }

    fn definition_within(&self, name: &QualifiedName, importer: &RepoPath, steps: usize) -> Option<Definition<'d>> {
        let steps = steps.checked_sub(1)?;
        let (file, rest) = defining_file(name, importer, &import_roots(importer), self.documents.repository())?;
        let (path, module) = self.file(&file)?;
        self.member_of_module(path, module, &rest, steps)
    }

    fn member_of_module(
        &self,
        path: &'d RepoPath,
        module: &'d Module,
        name: &str,
        steps: usize,
    ) -> Option<Definition<'d>> {
        let (head, rest) = name.split_once('.').unwrap_or((name, ""));
        let (head, called) = head.strip_suffix("()").map_or((head, false), |head| (head, true));
        if head.is_empty() {
            return None;
        }
        if let Some((id, _)) = module.class_ids().find(|(_, class)| &*class.qualified == head) {
            return self.member_of_class(ClassAt { path, module, id }, rest, steps);
        }
        let function = module.function_ids().filter(|(_, function)| &*function.qualified == head).last();
        if let Some((id, function)) = function {
            if rest.is_empty() && !called {
                return Some(Definition::Function(FunctionAt { path, module, id }));
            }
            let class = self.class(function.returns.as_ref()?, path, module, steps)?;
            return self.member_of_class(class, rest, steps);
        }
        let join = |base: QualifiedName| if rest.is_empty() { base } else { base.member(rest) };
        if let Some(import) = module.imports.iter().find(|import| import.bound_name() == Some(head)) {
            let base = match (&import.name, &import.alias) {
                (None, None) => QualifiedName::new(head),
                _ => import.qualified(),
            };
            return self.definition_within(&join(base), path, steps);
        }
        let assigned = module.assignments.iter().find(|row| row.function.is_none() && &*row.target == head);
        if let Some(assigned) = assigned {
            return match &assigned.value.kind {
                ValueKind::Call(call) => {
                    let class = self.constructed(path, module, module.call(*call), steps)?;
                    self.member_of_class(class, rest, steps)
                }
                ValueKind::Name(name) => self.definition_within(&join(name.clone()), path, steps),
                _ => None,
            };
        }
        self.through_stars(path, module, name, steps)
    }

    /// What `from module import *` brings under a name.
    fn through_stars(
        &self,
        path: &'d RepoPath,
        module: &'d Module,
        name: &str,
        steps: usize,
    ) -> Option<Definition<'d>> {
        module.imports.iter().filter(|import| import.name.as_deref() == Some("*")).find_map(|import| {
            let package = QualifiedName::new(import.qualified().trim_end_matches('*').trim_end_matches('.'));
            self.definition_within(&package.member(name), path, steps)
        })
    }

    /// The class whose instance a call gives.
    fn constructed(&self, path: &'d RepoPath, module: &'d Module, call: &Call, steps: usize) -> Option<ClassAt<'d>> {
        let steps = steps.checked_sub(1)?;
        match self.callee_within(path, module, call, steps)? {
            Definition::Class(class) => Some(class),
            Definition::Function(function) => {
                self.class(function.row().returns.as_ref()?, function.path, function.module, steps)
            }
        }
    }

    /// The class that an annotation of a file names.
    fn class(&self, name: &QualifiedName, path: &'d RepoPath, module: &'d Module, steps: usize) -> Option<ClassAt<'d>> {
        if let Some((id, _)) = module.class_ids().find(|(_, class)| *name == *class.qualified) {
            return Some(ClassAt { path, module, id });
        }
        match self.definition_within(name, path, steps)? {
            Definition::Class(class) => Some(class),
            Definition::Function(_) => None,
        }
    }

    fn member_of_class(&self, class: ClassAt<'d>, name: &str, steps: usize) -> Option<Definition<'d>> {
        let steps = steps.checked_sub(1)?;
        if name.is_empty() {
            return Some(Definition::Class(class));
        }
        let (head, rest) = name.split_once('.').unwrap_or((name, ""));
        if rest.is_empty()
            && let Some(method) = self.method(class, head)
        {
            return Some(Definition::Function(method));
        }
        let (class, attribute) = self.lineage(class).into_iter().find_map(|class| {
            let mut attributes = class.row().attributes.iter().filter(|attribute| &*attribute.name == head);
            // `None` first and the real thing later, or an annotation alone.
            let telling = attributes.find(|row| {
                row.annotation.is_some() || !matches!(row.value.kind, ValueKind::None | ValueKind::Unknown)
            });
            Some((class, telling?))
        })?;
        let held = match &attribute.value.kind {
            ValueKind::Call(call) => self.constructed(class.path, class.module, class.module.call(*call), steps),
            _ => None,
        };
        let held = match (held, &attribute.annotation) {
            (Some(held), _) => held,
            (None, Some(annotation)) => self.class(annotation, class.path, class.module, steps)?,
            (None, None) => return None,
        };
        if rest.is_empty() { None } else { self.member_of_class(held, rest, steps) }
    }

    /// The classes of the repository that a class is derived from directly.
    #[must_use]
    pub fn bases(&self, class: ClassAt<'d>) -> Vec<ClassAt<'d>> {
        let bases = class.row().bases.iter().filter_map(|base| match (base.class, &base.name) {
            (Some(id), _) => Some(ClassAt { id, ..class }),
            (None, Some(name)) => match self.definition(name, class.path)? {
                Definition::Class(base) => Some(base),
                Definition::Function(_) => None,
            },
            (None, None) => None,
        });
        bases.collect()
    }

    /// The class with those it is derived from, as far as they are of the repository.
    #[must_use]
    pub fn lineage(&self, class: ClassAt<'d>) -> Vec<ClassAt<'d>> {
        let (mut open, mut seen) = (vec![class], Vec::new());
        while let Some(class) = open.pop() {
            if seen.contains(&class) || seen.len() >= MAX_CLASSES {
                continue;
            }
            seen.push(class);
            open.extend(self.bases(class).into_iter().rev());
        }
        seen
    }

    /// The definition of a method in a class or the classes that it is derived from.
    #[must_use]
    pub fn method(&self, class: ClassAt<'d>, name: &str) -> Option<FunctionAt<'d>> {
        self.lineage(class).into_iter().find_map(|class| {
            let methods = class.row().methods.iter().rev();
            let found = methods.copied().find(|id| &*class.module.function(*id).name == name);
            found.map(|id| FunctionAt { path: class.path, module: class.module, id })
        })
    }
}

impl<'d> CallGraph<'d> {
    /// The file and all files of the repository that it imports, directly or through others.
    #[must_use]
    pub fn imported_from(&self, start: &'d RepoPath) -> BTreeSet<&'d RepoPath> {
        self.imported(start, |import| !import.type_checking)
    }

    /// The file and all files of the repository that are run when it is imported.
    #[must_use]
    pub fn run_by_import_of(&self, start: &'d RepoPath) -> BTreeSet<&'d RepoPath> {
        self.imported(start, |import| !import.type_checking && !import.lazy && !import.main_guard)
    }

    /// Whether an import of the top level fails, as it takes a name from a file of the repository that has no such name.
    #[must_use]
    pub fn misses(&self, import: &Import, importer: &RepoPath) -> bool {
        if import.lazy
            || import.guarded
            || import.type_checking
            || import.name.as_deref().is_none_or(|name| name == "*")
        {
            return false;
        }
        let found = defining_file(&import.qualified(), importer, &import_roots(importer), self.documents.repository());
        let Some((file, rest)) = found.filter(|(_, rest)| !rest.is_empty() && !rest.contains('.')) else {
            return false;
        };
        let Some((_, module)) = self.file(&file) else { return false };
        let defines = module.functions.iter().any(|row| *row.qualified == *rest || &*row.qualified == "__getattr__")
            || module.classes.iter().any(|row| *row.qualified == *rest)
            || module
                .assignments
                .iter()
                .any(|row| row.function.is_none() && row.target.split(',').any(|one| *one == *rest))
            || module.imports.iter().any(|row| row.name.as_deref() == Some("*") || row.bound_name() == Some(&rest));
        let computed = module.calls.iter().any(|call| call.is("builtins.globals") || call.is("builtins.exec"));
        !defines && !computed && module.syntax_errors.is_empty()
    }

    /// The places where files of the repository import a file, each with the file that does.
    #[must_use]
    pub fn importers(&self, path: &RepoPath) -> Vec<(&'d RepoPath, &'d Import)> {
        let stem = path.file_name().trim_end_matches(".py");
        let package = path.parent();
        let name = if stem == "__init__" { package.file_name() } else { stem };
        let repository = self.documents.repository();
        let spelling = self.documents.python_naming(name);
        let files = spelling.iter().filter_map(|file| self.file(file));
        let found = files.flat_map(|(importer, module)| {
            let roots = import_roots(importer);
            let imports = module.imports.iter().filter(|import| !import.type_checking);
            let meant =
                imports.filter(move |import| imported_files(import, importer, &roots, repository).contains(path));
            meant.map(move |import| (importer, import))
        });
        found.filter(|(importer, _)| *importer != path).collect()
    }

    fn imported(&self, start: &'d RepoPath, counts: impl Fn(&Import) -> bool) -> BTreeSet<&'d RepoPath> {
        let repository = self.documents.repository();
        let (mut open, mut seen) = (vec![start], BTreeSet::new());
        while let Some(path) = open.pop() {
            if seen.len() >= MAX_IMPORTED || !seen.insert(path) {
                continue;
            }
            let Some((path, module)) = self.file(path) else { continue };
            let roots = import_roots(path);
            for import in module.imports.iter().filter(|import| counts(import)) {
                let found = imported_files(import, path, &roots, repository);
                open.extend(found.iter().filter_map(|found| Some(repository.entry(found)?.path())));
            }
        }
        seen
    }
}

/// Where a file's absolute imports may start: its own folder and every folder above, each with a `src` below.
fn import_roots(importer: &RepoPath) -> Vec<RepoPath> {
    let mut roots = Vec::new();
    let mut folder = importer.parent();
    loop {
        roots.push(folder.clone());
        roots.extend(folder.join("src"));
        if folder.is_root() {
            return roots;
        }
        folder = folder.parent();
    }
}
