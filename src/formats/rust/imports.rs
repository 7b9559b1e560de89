//! What names mean in a file: the paths that `use` gives them.

use syn::UseTree;

use super::scope::Scopes;

/// The longest path that is followed; real ones are far shorter.
const MAX_PARTS: usize = 16;

/// Adds the names of a `use` item to `names`. Globs say nothing of single names.
pub(super) fn collect(tree: &UseTree, names: &mut Scopes<String>) {
    walk(tree, &mut Vec::new(), names);
}

fn walk(tree: &UseTree, prefix: &mut Vec<String>, names: &mut Scopes<String>) {
    if prefix.len() > MAX_PARTS {
        return;
    }
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            walk(&path.tree, prefix, names);
            prefix.pop();
        }
        UseTree::Name(name) => add(&name.ident.to_string(), None, prefix, names),
        UseTree::Rename(rename) => {
            add(&rename.ident.to_string(), Some(rename.rename.to_string()), prefix, names);
        }
        UseTree::Group(group) => group.items.iter().for_each(|item| walk(item, prefix, names)),
        UseTree::Glob(_) => {}
    }
}

fn add(name: &str, alias: Option<String>, prefix: &[String], names: &mut Scopes<String>) {
    // `use a::b::{self}` names `b`.
    let (path, own) = if name == "self" {
        (prefix.join("::"), prefix.last().cloned().unwrap_or_default())
    } else {
        ([prefix, &[name.to_owned()]].concat().join("::"), name.to_owned())
    };
    names.bind(alias.unwrap_or(own), path);
}

/// Resolves a path by its first part.
pub(super) fn resolve(parts: &[String], names: &Scopes<String>) -> String {
    match names.get(parts.first().map_or("", String::as_str)) {
        Some(path) if parts.len() > 1 => format!("{path}::{}", parts.get(1..).unwrap_or_default().join("::")),
        Some(path) => path.clone(),
        None => parts.join("::"),
    }
}
