//! What code comes to when it runs in a deployment: which of it runs, and what its values are there.

use std::collections::BTreeSet;

use crate::diagnostic::{Location, RepoPath};
use crate::formats::python::{
    BlockId, BlockKind, Call, EnvironmentAccessKind, FunctionId, Module, TestKind, Value, ValueKind,
};

use super::{Deployment, Fact, Role};

impl Deployment<'_> {
    /// Whether a call of a reached file runs there, as far as can be told: code under a main guard only where the file is
    /// the program, code of a function only where something that runs mentions it.
    #[must_use]
    pub fn runs(&self, path: &RepoPath, module: &Module, call: &Call, role: Role) -> bool {
        if !guard_admits(module, call.block, role) {
            return false;
        }
        let Some(function) = call.function else { return true };
        if live_functions(module, role).contains(&function) {
            return true;
        }
        // The module itself never mentions it: another file may.
        let outermost = outermost(module, function);
        let name = &module.function(outermost).name;
        module.function(outermost).class.is_some()
            || self.reach().files().filter(|(other, _)| *other != path).any(|(other, _)| {
                self.documents().python(other).is_some_and(|other| {
                    other.imports.iter().any(|import| import.name.as_deref() == Some(name))
                        || other.calls.iter().any(|call| call.callee.last_name() == Some(name))
                        || other.references.iter().any(|reference| reference.name.last() == &**name)
                })
            })
    }

    /// The text that a value comes to: a variable of the environment as it is set there, an option as the command gives it.
    /// `None` where only the running program knows.
    #[must_use]
    pub fn evaluate_text(&self, value: &Value) -> Option<String> {
        match &value.kind {
            ValueKind::Str(text) => Some(text.to_string()),
            ValueKind::Int(number) => Some(number.to_string()),
            ValueKind::Env { variable, default, .. } => match self.environment().get(variable) {
                Some(fact) => fact.value.clone(),
                None => self.evaluate_text(default.as_deref()?),
            },
            ValueKind::Flag { flag, default } => match self.flag(flag) {
                Some(given) => given,
                None => self.evaluate_text(default.as_deref()?),
            },
            _ => None,
        }
    }

    /// The whole number that a value comes to.
    #[must_use]
    pub fn evaluate_int(&self, value: &Value) -> Option<i64> {
        match value.kind {
            ValueKind::Int(number) => Some(number),
            _ => self.evaluate_text(value)?.trim().parse().ok(),
        }
    }

    /// What a start gives for an option of the program; `Some(None)` where it gives something only known later.
    fn flag(&self, flag: &str) -> Option<Option<String>> {
        let word = self.starts().iter().find_map(|start| start.invocation.as_ref()?.flag(&[flag]))?;
        Some(word.expand(|name| self.environment().value(name).map(str::to_owned)))
    }

    /// The environment variable as the code of `path` finds it: set by the deployment, or by a reached file as it is
    /// imported.
    #[must_use]
    pub fn variable_at_run(&self, path: &RepoPath, name: &str) -> Option<Fact<Option<String>>> {
        if let Some(fact) = self.environment().get(name) {
            return Some(fact.clone());
        }
        let own = std::iter::once(path).chain(self.reach().files().map(|(other, _)| other));
        own.filter_map(|file| Some((file, self.documents().python(file)?))).find_map(|(file, module)| {
            let write = module
                .environment
                .iter()
                .find(|access| access.kind == EnvironmentAccessKind::Write && &*access.variable == name)?;
            let target = format!("os.environ[\"{name}\"]");
            let assigned = module.assignments.iter().find(|assignment| assignment.target.replace('\'', "\"") == target);
            let value = match (assigned, &write.default) {
                (Some(assignment), _) => self.evaluate_text(&assignment.value),
                (None, Some(default)) => self.evaluate_text(default),
                (None, None) => None,
            };
            Some(Fact::stated(value, Location::new(file, write.span)))
        })
    }
}

/// Whether the main guards around a block let it run.
fn guard_admits(module: &Module, block: BlockId, role: Role) -> bool {
    role == Role::Script || !module.in_main_guard(block)
}

/// The function at the top of a nest of functions.
fn outermost(module: &Module, function: FunctionId) -> FunctionId {
    std::iter::successors(Some(function), |id| module.function(*id).parent).last().unwrap_or(function)
}

/// The functions of a file that its own top-level code leads to, by calls and by mention.
fn live_functions(module: &Module, role: Role) -> BTreeSet<FunctionId> {
    let mut live = BTreeSet::new();
    let mut open: Vec<Option<FunctionId>> = vec![None];
    while let Some(from) = open.pop() {
        let mut found = Vec::new();
        let admitted = |block: BlockId| from.is_some() || guard_admits(module, block, role);
        for call in module.calls.iter().filter(|call| call.function == from && admitted(call.block)) {
            found.extend(call.local_function());
            found.extend(call.arguments.iter().filter_map(|argument| argument.value.as_function()));
        }
        for assignment in module.assignments.iter().filter(|one| one.function == from && admitted(one.block)) {
            found.extend(assignment.value.as_function());
        }
        for (id, function) in module.function_ids() {
            let defined_by = module.block(function.defined_in).function;
            // A decorator hands the function to a framework: a route, a command, an event handler.
            if defined_by == from && !function.decorators.is_empty() && admitted(function.defined_in) {
                found.push(id);
            }
        }
        for id in found {
            if live.insert(id) {
                open.push(Some(id));
            }
        }
    }
    live
}

/// Whether a block runs only on another platform or under a condition about the environment.
#[must_use]
pub fn is_environment_dependent(module: &Module, block: BlockId) -> bool {
    module
        .enclosing(block)
        .any(|(_, block)| matches!(block.kind, BlockKind::Branch { kind: TestKind::Environment, .. }))
}
