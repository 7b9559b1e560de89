//! Where expressions begin and end, told by their outermost tokens: asking `syn` would copy the tokens of the whole
//! expression, which takes quadratic time where calls nest.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::{Expr, Path, PathArguments};

/// The first token of an expression.
pub(super) fn start(expression: &Expr) -> Span {
    let mut expression = expression;
    loop {
        expression = match expression {
            Expr::Assign(inner) => &inner.left,
            Expr::Await(inner) => &inner.base,
            Expr::Binary(inner) => &inner.left,
            Expr::Call(inner) => &inner.func,
            Expr::Cast(inner) => &inner.expr,
            Expr::Field(inner) => &inner.base,
            Expr::Index(inner) => &inner.expr,
            Expr::MethodCall(inner) => &inner.receiver,
            Expr::Try(inner) => &inner.expr,
            Expr::Group(inner) => &inner.expr,
            Expr::Array(inner) => return inner.bracket_token.span.open(),
            Expr::Async(inner) => return inner.async_token.span,
            Expr::Block(inner) => return inner.block.brace_token.span.open(),
            Expr::Closure(inner) => return inner.inputs_begin.span,
            Expr::ForLoop(inner) => return inner.for_token.span,
            Expr::If(inner) => return inner.if_token.span,
            Expr::Loop(inner) => return inner.loop_token.span,
            Expr::Macro(inner) => return path_start(&inner.mac.path),
            Expr::Match(inner) => return inner.match_token.span,
            Expr::Paren(inner) => return inner.paren_token.span.open(),
            Expr::Path(inner) => return path_start(&inner.path),
            Expr::Reference(inner) => return inner.and_token.span,
            Expr::Repeat(inner) => return inner.bracket_token.span.open(),
            Expr::Return(inner) => return inner.return_token.span,
            Expr::Struct(inner) => return path_start(&inner.path),
            Expr::Tuple(inner) => return inner.paren_token.span.open(),
            Expr::Unary(inner) => return inner.op.span(),
            Expr::Unsafe(inner) => return inner.unsafe_token.span,
            Expr::While(inner) => return inner.while_token.span,
            Expr::Lit(inner) => return inner.lit.span(),
            _ => return Span::call_site(),
        }
    }
}

/// The last token of an expression.
pub(super) fn end(expression: &Expr) -> Span {
    let mut expression = expression;
    loop {
        expression = match expression {
            Expr::Assign(inner) => &inner.right,
            Expr::Binary(inner) => &inner.right,
            Expr::Closure(inner) => &inner.body,
            Expr::Group(inner) => &inner.expr,
            Expr::Reference(inner) => &inner.expr,
            Expr::Unary(inner) => &inner.expr,
            Expr::Return(inner) => match &inner.expr {
                Some(inner) => inner,
                None => return inner.return_token.span,
            },
            Expr::If(inner) => match &inner.else_branch {
                Some((_, inner)) => inner,
                None => return inner.then_branch.brace_token.span.close(),
            },
            Expr::Array(inner) => return inner.bracket_token.span.close(),
            Expr::Async(inner) => return inner.block.brace_token.span.close(),
            Expr::Await(inner) => return inner.await_token.span,
            Expr::Block(inner) => return inner.block.brace_token.span.close(),
            Expr::Call(inner) => return inner.paren_token.span.close(),
            Expr::Field(inner) => {
                return match &inner.member {
                    syn::Member::Named(name) => name.span(),
                    syn::Member::Unnamed(index) => index.span,
                };
            }
            Expr::ForLoop(inner) => return inner.body.brace_token.span.close(),
            Expr::Index(inner) => return inner.bracket_token.span.close(),
            Expr::Loop(inner) => return inner.body.brace_token.span.close(),
            Expr::Macro(inner) => return inner.mac.delimiter.span().close(),
            Expr::Match(inner) => return inner.brace_token.span.close(),
            Expr::MethodCall(inner) => return inner.paren_token.span.close(),
            Expr::Paren(inner) => return inner.paren_token.span.close(),
            Expr::Path(inner) => return path_end(&inner.path),
            Expr::Repeat(inner) => return inner.bracket_token.span.close(),
            Expr::Struct(inner) => return inner.brace_token.span.close(),
            Expr::Try(inner) => return inner.question_token.span,
            Expr::Tuple(inner) => return inner.paren_token.span.close(),
            Expr::Unsafe(inner) => return inner.block.brace_token.span.close(),
            Expr::While(inner) => return inner.body.brace_token.span.close(),
            Expr::Lit(inner) => return inner.lit.span(),
            // A cast ends with a type, and what is left is rare: these end where they begin.
            other => return start(other),
        }
    }
}

/// The first token of a path.
fn path_start(path: &Path) -> Span {
    match (&path.leading_colon, path.segments.first()) {
        (Some(colon), _) => colon.spans[0],
        (None, Some(first)) => first.ident.span(),
        (None, None) => Span::call_site(),
    }
}

/// The last token of a path.
fn path_end(path: &Path) -> Span {
    let Some(last) = path.segments.last() else { return Span::call_site() };
    match &last.arguments {
        PathArguments::None => last.ident.span(),
        PathArguments::AngleBracketed(arguments) => arguments.gt_token.span,
        PathArguments::Parenthesized(arguments) => arguments.paren_token.span.close(),
    }
}
