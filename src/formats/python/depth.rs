//! How deep a parsed file may be nested, told from its tokens. The tree is freed by recursion in the parser's own types,
//! so the stack has to be large enough before that begins.

use ruff_python_ast::token::{Token, TokenKind};

/// Stack for freeing one level of the tree; a debug build needs the most, about 400 bytes.
const BYTES_PER_LEVEL: usize = 768;
/// Trees up to this depth are freed on any thread's stack.
const SHALLOW: usize = 400;

/// Frees a tree of at most `depth` levels on a stack that is large enough.
pub(super) fn free<T>(tree: T, depth: usize) {
    if depth <= SHALLOW {
        return drop(tree);
    }
    let bytes = depth * BYTES_PER_LEVEL + (64 << 10);
    stacker::maybe_grow(bytes, bytes + (64 << 10), || drop(tree));
}

/// An upper bound of the depth of a tree made of `tokens`: within each bracket, every token that can add a level counts until the bracket closes;
/// a closed bracket counts as one (a call or subscript can be called again). Only a comma outside a lambda starts anew.
pub(super) fn bound(tokens: &[Token]) -> usize {
    let (mut deepest, mut outer, mut here, mut indents) = (0, 0_usize, 0_usize, 0_usize);
    let mut lambda = false;
    let mut open: Vec<(usize, bool)> = vec![];
    for token in tokens {
        match token.kind() {
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => {
                open.push((here, lambda));
                outer += here + 1;
                (here, lambda) = (0, false);
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd | TokenKind::TStringEnd => {
                if let Some((count, was_lambda)) = open.pop() {
                    outer = outer.saturating_sub(count + 1);
                    (here, lambda) = (count + 1, was_lambda);
                }
            }
            TokenKind::Comma if !lambda => here = 0,
            TokenKind::Newline => {
                open.clear();
                (outer, here, lambda) = (0, 0, false);
            }
            TokenKind::Indent => indents += 1,
            TokenKind::Dedent => indents = indents.saturating_sub(1),
            TokenKind::Comma
            | TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline => {}
            kind => {
                lambda |= kind == TokenKind::Lambda;
                here += 1;
            }
        }
        deepest = deepest.max(outer + here + 2 * indents);
    }
    deepest
}
