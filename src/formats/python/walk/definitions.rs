//! Functions and classes: their rows, their scopes, their first parameters.

use std::sync::Arc;

use ruff_python_ast::{self as ast, Decorator, Expr, Parameters, StmtClassDef, StmtFunctionDef};

use crate::formats::python::scope::{BindingKind, ScopeId, ScopeKind};
use crate::formats::python::{BlockId, BlockKind, Class, ClassId, Function, FunctionId, FunctionKind, Usage};

use super::{ClassNode, Definition, FunctionNode, Walker};

impl<'a> Walker<'a> {
    fn decorators(&mut self, decorators: &'a [Decorator]) {
        for decorator in decorators {
            self.expression(&decorator.expression, Usage::Decorator);
        }
    }

    pub(super) fn function_definition(&mut self, node: &'a StmtFunctionDef) {
        self.decorators(&node.decorator_list);
        self.parameter_expressions(&node.parameters);
        if let Some(returns) = &node.returns {
            self.expression(returns, Usage::Other);
        }
        let qualified = self.qualify(node.name.as_str());
        let row = Function {
            name: Arc::from(node.name.as_str()),
            qualified: qualified.clone(),
            span: self.span(node),
            name_span: self.span(&node.name),
            kind: FunctionKind::Def,
            is_async: node.is_async,
            is_generator: false,
            waits: 0,
            decorators: vec![],
            parameters: vec![],
            returns: None,
            returned_call: None,
            parent: self.function,
            class: self.class,
            defined_in: self.block,
            body: self.block,
            body_span: self.body_span(&node.body),
        };
        let outer = self.scope;
        let method_of = self.class.filter(|_| self.out.scopes.kind(outer) == ScopeKind::Class);
        let id = FunctionId::new(self.out.module.functions.len());
        self.out.scopes.bind(outer, node.name.as_str(), BindingKind::Function(id));
        if let Some(class) = method_of {
            self.out.module.classes[class.index()].methods.push(id);
        }
        self.enter_function(id, row, Definition::Def(node), |walker, inner| {
            walker.bind_parameters(id, inner, &node.parameters);
            if let (Some(class), Some(first)) = (method_of, first_parameter(&node.parameters)) {
                match receiver_kind(node) {
                    Receiver::Instance => {
                        walker.out.scopes.rebind(inner, first, BindingKind::Instance(class));
                    }
                    Receiver::Class => walker.out.scopes.rebind(inner, first, BindingKind::Itself(class)),
                    Receiver::Nothing => {}
                }
            }
            walker.named(&qualified, |walker| walker.suite(&node.body));
        });
    }

    /// Adds the function and runs `visit` in its block and scope.
    pub(super) fn enter_function(
        &mut self,
        id: FunctionId,
        row: Function,
        definition: Definition<'a>,
        visit: impl FnOnce(&mut Self, ScopeId),
    ) {
        let outer = self.scope;
        let inner = self.out.scopes.open(Some(outer), ScopeKind::Function);
        let body_span = row.body_span;
        self.out.module.functions.push(row);
        self.out.functions.push(FunctionNode { definition, outer, inner, returned: vec![] });
        let around = (self.function.replace(id), self.class.take());
        let block = self.open_block(BlockKind::Function(id), body_span);
        self.out.module.functions[id.index()].body = block;
        self.inside(block, |walker| walker.in_scope(inner, |walker| visit(walker, inner)));
        (self.function, self.class) = around;
    }

    /// Walks defaults and annotations, which are read where the function is defined.
    pub(super) fn parameter_expressions(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            if let Some(annotation) = parameter.annotation() {
                self.expression(annotation, Usage::Other);
            }
            if let Some(default) = parameter.default() {
                self.expression(default, Usage::Other);
            }
        }
    }

    pub(super) fn bind_parameters(&mut self, function: FunctionId, scope: ScopeId, parameters: &'a Parameters) {
        for (index, parameter) in parameters.iter().enumerate() {
            let plain = matches!(parameter, ast::AnyParameterRef::NonVariadic(_));
            let annotation = parameter.annotation().filter(|_| plain);
            let kind = BindingKind::Parameter { function, index, annotation };
            self.out.scopes.bind(scope, parameter.name().as_str(), kind);
        }
    }

    pub(super) fn class_definition(&mut self, node: &'a StmtClassDef) {
        self.decorators(&node.decorator_list);
        let mut bases: Vec<&'a Expr> = vec![];
        if let Some(arguments) = &node.arguments {
            bases.extend(&*arguments.args);
            for argument in &arguments.args {
                self.expression(argument, Usage::Other);
            }
            for keyword in &arguments.keywords {
                self.expression(&keyword.value, Usage::Other);
            }
        }
        let id = ClassId::new(self.out.module.classes.len());
        let qualified = self.qualify(node.name.as_str());
        self.out.scopes.bind(self.scope, node.name.as_str(), BindingKind::Class(id));
        let outer = self.scope;
        let body = self.out.scopes.open(Some(outer), ScopeKind::Class);
        let instance = self.out.scopes.open(None, ScopeKind::Instance);
        self.out.module.classes.push(Class {
            name: Arc::from(node.name.as_str()),
            qualified: qualified.clone(),
            span: self.span(node),
            name_span: self.span(&node.name),
            bases: vec![],
            decorators: vec![],
            methods: vec![],
            attributes: vec![],
            parent: self.function,
            defined_in: self.block,
            body: self.block,
        });
        self.out.classes.push(ClassNode { bases, decorators: &node.decorator_list, outer, body, instance });
        let around = self.class.replace(id);
        let span = self.body_span(&node.body);
        let block: BlockId = self.open_block(BlockKind::Class(id), span);
        self.out.module.classes[id.index()].body = block;
        self.inside(block, |walker| {
            walker.in_scope(body, |walker| walker.named(&qualified, |walker| walker.suite(&node.body)));
        });
        self.class = around;
    }
}

enum Receiver {
    Instance,
    Class,
    Nothing,
}

fn receiver_kind(node: &StmtFunctionDef) -> Receiver {
    let decorated = |name: &str| {
        node.decorator_list.iter().any(|decorator| match &decorator.expression {
            Expr::Name(found) => found.id.as_str() == name,
            Expr::Attribute(found) => found.attr.as_str() == name,
            _ => false,
        })
    };
    if decorated("staticmethod") {
        Receiver::Nothing
    } else if decorated("classmethod")
        || matches!(node.name.as_str(), "__new__" | "__init_subclass__" | "__class_getitem__")
    {
        Receiver::Class
    } else {
        Receiver::Instance
    }
}

fn first_parameter(parameters: &Parameters) -> Option<&str> {
    parameters.posonlyargs.first().or_else(|| parameters.args.first()).map(|first| first.parameter.name.as_str())
}
