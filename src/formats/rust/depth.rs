//! Bounds how deeply a file may nest before it is parsed: the parser and the walk over its tree recurse.

use proc_macro2::{Delimiter, TokenStream, TokenTree, token_stream};

/// The greatest weight that is parsed. Hand-written code stays below a few hundred.
pub(super) const MAX_WEIGHT: usize = 2_000;

/// Words before a `!` that is an operator, so that what follows is no macro's input.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "box", "break", "const", "continue", "do", "dyn", "else", "enum", "extern", "false", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "static",
    "struct", "super", "trait", "true", "try", "type", "unsafe", "use", "where", "while", "yield",
];

/// One level of brackets.
struct Level {
    tokens: token_stream::IntoIter,
    /// Tokens since something ended that later tokens can't nest in.
    run: usize,
    /// Whether the tokens are the input of a macro, which is not parsed as a whole.
    is_macro: bool,
    /// The last two tokens: a name that can name a macro, and `!` behind it.
    after_name: bool,
    after_bang: bool,
    /// Whether the last token is a block, behind which a new statement or item may begin.
    after_block: bool,
}

impl Level {
    fn new(tokens: TokenStream, is_macro: bool) -> Self {
        let tokens = tokens.into_iter();
        Self { tokens, run: 0, is_macro, after_name: false, after_bang: false, after_block: false }
    }
}

/// An upper bound of how deep the syntax tree of `tokens` is: brackets around a token, and the tokens before it in the
/// same statement, each of which may be an operator that nests. Takes linear time and constant stack.
pub(super) fn weight(tokens: &TokenStream) -> usize {
    let mut levels = vec![Level::new(tokens.clone(), false)];
    let mut outer = 0;
    let mut greatest = 0;
    while let Some(level) = levels.last_mut() {
        let Some(token) = level.tokens.next() else {
            levels.pop();
            outer -= levels.last().map_or(0, |level| level.run + 1);
            continue;
        };
        let starts_anew = match &token {
            TokenTree::Ident(name) => level.after_block && name != "else" && name != "as",
            TokenTree::Punct(punct) => {
                matches!(punct.as_char(), ';' | ',') || level.after_block && punct.as_char() == '#'
            }
            TokenTree::Group(_) | TokenTree::Literal(_) => false,
        };
        level.run = if starts_anew || level.is_macro { 0 } else { level.run + 1 };
        greatest = greatest.max(outer + level.run);
        let was_macro = level.after_bang;
        level.after_bang = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '!') && level.after_name
            // `macro_rules! name { … }`
            || matches!(&token, TokenTree::Ident(_)) && level.after_bang;
        level.after_name = matches!(&token, TokenTree::Ident(name) if !KEYWORDS.contains(&name.to_string().as_str()));
        level.after_block = matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        if let TokenTree::Group(group) = token {
            let is_macro = was_macro || level.is_macro;
            outer += level.run + 1;
            greatest = greatest.max(outer);
            levels.push(Level::new(group.stream(), is_macro));
        }
    }
    greatest
}
