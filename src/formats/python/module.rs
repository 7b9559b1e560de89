//! One Python file as tables.

use std::sync::Arc;

use crate::diagnostic::{Span, Spanned};

use super::{
    Assignment, Block, BlockId, BlockKind, Call, CallId, Class, ClassId, EnvironmentAccess, Function, FunctionId,
    HandedBack, Import, ListChange, PropertyRead, QualifiedName, Reference, StringConstant, TestKind,
};

/// One Python file or notebook, read once. Every span is a range of the file's own text.
///
/// Tables are in the order of the text. Identities are positions in these tables and mean nothing in another module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Module {
    /// What it imports.
    pub imports: Vec<Import>,
    /// Its functions, methods and lambdas.
    pub functions: Vec<Function>,
    /// Its classes.
    pub classes: Vec<Class>,
    /// Its assignments.
    pub assignments: Vec<Assignment>,
    /// Its calls; an outer call comes before those in its callee and arguments. Deferred calls come last.
    pub calls: Vec<Call>,
    /// Mentions of names from outside that are not callees.
    pub references: Vec<Reference>,
    /// Reads of properties of its own classes.
    pub property_reads: Vec<PropertyRead>,
    /// The lists of pairs and of messages that its functions build; none where no list of pairs is among them.
    pub list_changes: Vec<ListChange>,
    /// What its functions hand back; kept where some list of pairs is built.
    pub handed_back: Vec<HandedBack>,
    /// Its string constants.
    pub strings: Vec<StringConstant>,
    /// Its uses of environment variables with plain names.
    pub environment: Vec<EnvironmentAccess>,
    /// The tree of blocks; the first is the module's own.
    pub blocks: Vec<Block>,
    /// A notebook's lines for the shell or IPython, without `!` or `%`: `pip install gradio`.
    pub shell_lines: Vec<Spanned<Arc<str>>>,
    /// What runs on Windows or macOS alone.
    pub elsewhere: Vec<Span>,
    /// Its comments, from `#` to the end of the line.
    pub comments: Vec<Span>,
    /// What other files can take from it: names of its top level that stand for an instance of a class from outside, by
    /// the class's name; a function's name with `()` for what it returns.
    pub instances: Vec<(Arc<str>, QualifiedName)>,
    /// What Python would not accept. The tables hold everything that could be read all the same.
    pub syntax_errors: Vec<Spanned<String>>,
    /// Whether it is a notebook: then text for an edit has to be written as JSON.
    pub notebook: bool,
}

impl Module {
    /// The function of that identity.
    ///
    /// # Panics
    /// With an identity from another module. The same holds for the other three.
    #[must_use]
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.index()]
    }

    /// The class of that identity.
    #[must_use]
    pub fn class(&self, id: ClassId) -> &Class {
        &self.classes[id.index()]
    }

    /// The call of that identity.
    #[must_use]
    pub fn call(&self, id: CallId) -> &Call {
        &self.calls[id.index()]
    }

    /// The block of that identity.
    #[must_use]
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }

    /// The functions with their identities.
    pub fn function_ids(&self) -> impl Iterator<Item = (FunctionId, &Function)> {
        self.functions.iter().enumerate().map(|(index, function)| (FunctionId::new(index), function))
    }

    /// The classes with their identities.
    pub fn class_ids(&self) -> impl Iterator<Item = (ClassId, &Class)> {
        self.classes.iter().enumerate().map(|(index, class)| (ClassId::new(index), class))
    }

    /// The class from outside that a name of the top level stands for an instance of: `gradio.Blocks` of `demo`; of
    /// `build()`, what that function returns.
    #[must_use]
    pub fn instance_class(&self, name: &str) -> Option<&QualifiedName> {
        let found = self.instances.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.instances.get(found).map(|(_, class)| class)
    }

    /// The calls with their identities.
    pub fn call_ids(&self) -> impl Iterator<Item = (CallId, &Call)> {
        self.calls.iter().enumerate().map(|(index, call)| (CallId::new(index), call))
    }

    /// `block` and the blocks around it, from the inside out, up to the module's.
    pub fn enclosing(&self, block: BlockId) -> impl Iterator<Item = (BlockId, &Block)> {
        std::iter::successors(Some(block), |id| self.block(*id).parent).map(|id| (id, self.block(id)))
    }

    /// `block` and the blocks around it up to, without, the body of the function that holds it: what runs together with
    /// the place, rather than when the function is defined.
    pub fn enclosing_in_function(&self, block: BlockId) -> impl Iterator<Item = (BlockId, &Block)> {
        self.enclosing(block).take_while(|(_, block)| !matches!(block.kind, BlockKind::Function(_)))
    }

    /// Whether the place runs only under `if __name__ == "__main__"`; that of a function counts by its definition.
    #[must_use]
    pub fn in_main_guard(&self, block: BlockId) -> bool {
        self.under_test(block, TestKind::Main)
    }

    /// Whether the place stands under `if TYPE_CHECKING` and so never runs.
    #[must_use]
    pub fn in_type_checking(&self, block: BlockId) -> bool {
        self.under_test(block, TestKind::TypeChecking)
    }

    /// Whether the place is repeated by a loop or comprehension of its own function.
    #[must_use]
    pub fn in_loop(&self, block: BlockId) -> bool {
        self.enclosing_in_function(block).any(|(_, block)| block.kind == BlockKind::Loop)
    }

    /// Whether the place runs when the file is imported: outside functions, and not under a main guard.
    #[must_use]
    pub fn runs_at_import(&self, block: BlockId) -> bool {
        self.block(block).function.is_none() && !self.in_main_guard(block) && !self.in_type_checking(block)
    }

    /// The conditions of the place's own function under which it runs, from the inside out: the text of the test, what
    /// it asks, and whether it is the branch where the test fails.
    pub fn conditions(&self, block: BlockId) -> impl Iterator<Item = (Span, TestKind, bool)> {
        self.enclosing_in_function(block).filter_map(|(_, block)| match &block.kind {
            BlockKind::Branch { test, kind, negated } => Some((*test, *kind, *negated)),
            _ => None,
        })
    }

    /// Whether a `try` of the place's own function, with the place in its body, catches `exception`, given by its last
    /// part: `JSONDecodeError`.
    #[must_use]
    pub fn is_caught(&self, block: BlockId, exception: &str) -> bool {
        self.enclosing_in_function(block).any(|(_, block)| match &block.kind {
            BlockKind::Try { handlers } => handlers.iter().any(|handler| handler.catches(exception)),
            _ => suppressed(&block.kind)
                .any(|caught| matches!(caught, "Exception" | "BaseException") || caught == exception),
        })
    }

    /// Whether a `try` of the place's own function, with the place in its body, has a handler that names `exception`
    /// itself: one that was written for it, rather than for everything.
    #[must_use]
    pub fn is_caught_by_name(&self, block: BlockId, exception: &str) -> bool {
        self.enclosing_in_function(block).any(|(_, block)| match &block.kind {
            BlockKind::Try { handlers } => {
                handlers.iter().any(|handler| handler.types.iter().any(|caught| caught.last() == exception))
            }
            _ => suppressed(&block.kind).any(|caught| caught == exception),
        })
    }

    /// Whether the place runs where programs are deployed: not on other systems alone, and not for type checkers.
    #[must_use]
    pub fn is_live(&self, call: &Call) -> bool {
        !self.in_type_checking(call.block) && !self.elsewhere.iter().any(|other| other.covers(call.span))
    }

    /// The calls that the program makes where it is deployed, as they are written.
    pub fn live_calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| !call.deferred && self.is_live(call))
    }

    fn under_test(&self, block: BlockId, asked: TestKind) -> bool {
        self.enclosing(block)
            .any(|(_, block)| matches!(block.kind, BlockKind::Branch { kind, negated: false, .. } if kind == asked))
    }
}

/// The exceptions that `with contextlib.suppress(…)` catches, each by its last part.
fn suppressed(kind: &BlockKind) -> impl Iterator<Item = &str> {
    let (contexts, items) = match kind {
        BlockKind::With { contexts, items, .. } => (contexts.as_slice(), items.as_slice()),
        _ => (&[][..], &[][..]),
    };
    let suppressing = contexts.iter().zip(items).filter(|(context, _)| {
        context.as_ref().is_some_and(|name| *name == "contextlib.suppress" || *name == "contextlib.suppress()")
    });
    suppressing
        .filter_map(|(_, item)| item.split_once('(')?.1.strip_suffix(')'))
        .flat_map(|caught| caught.split(','))
        .map(|name| name.rsplit('.').next().unwrap_or(name))
}
