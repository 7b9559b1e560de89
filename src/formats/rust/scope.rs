//! Names that blocks and modules give a meaning to, and that lose it at their end.

use std::collections::HashMap;

/// What names mean at one place of a walk. Looking a name up takes the same time however deep blocks nest.
pub(super) struct Scopes<T> {
    /// The meanings of each name, innermost last.
    meanings: HashMap<String, Vec<T>>,
    /// The names that each open scope gave a meaning to, innermost last.
    opened: Vec<Vec<String>>,
}

impl<T> Scopes<T> {
    /// The scope of a file, with no names.
    pub fn new() -> Self {
        Self { meanings: HashMap::new(), opened: vec![Vec::new()] }
    }

    /// Opens a scope.
    pub fn open(&mut self) {
        self.opened.push(Vec::new());
    }

    /// Closes the innermost scope.
    pub fn close(&mut self) {
        for name in self.opened.pop().into_iter().flatten() {
            if let Some(meanings) = self.meanings.get_mut(&name) {
                meanings.pop();
            }
        }
    }

    /// Gives `name` a meaning until the innermost scope closes.
    pub fn bind(&mut self, name: String, meaning: T) {
        self.meanings.entry(name.clone()).or_default().push(meaning);
        if let Some(opened) = self.opened.last_mut() {
            opened.push(name);
        }
    }

    /// What `name` means here.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.meanings.get(name)?.last()
    }

    /// What `name` means in the outermost scope that gives it a meaning.
    pub fn outermost(&self, name: &str) -> Option<&T> {
        self.meanings.get(name)?.first()
    }
}
