//! Records: declared layouts, and layouts inferred from the whole program.
//!
//! A variable *holds* R if its function assigns it from `heap_allocate(sizeof(R))` or `new R`, from
//! a variable or a call that gives such a block, or if it is a parameter given one; nothing flows
//! through fields or elements. The fields of a record that is never declared are those assigned
//! through variables that hold it, by position in the text.

use std::collections::{HashMap, HashSet};

use super::walk;
use crate::source::{Diagnostic, Span};
use crate::syntax::ast::{Block, ExpressionId, ExpressionKind, Identifier, Module, Name, StatementKind};

/// A record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its name.
    pub name: Name,
    /// Fields in order, each with its number of embedded slots (0: an ordinary field).
    pub fields: Vec<(Name, u32)>,
    /// Whether the program declares it.
    pub declared: bool,
}

impl Record {
    /// Its size in bytes.
    pub fn bytes(&self) -> i64 {
        self.fields.iter().map(|&(_, embedded)| 8 * i64::from(embedded.max(1))).sum()
    }
}

/// What a variable may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Records, ascending.
    pub records: Vec<u32>,
    /// It may also hold something that is neither null nor such a record.
    pub other: bool,
}

impl Holds {
    /// The one record that it must hold if it is not null.
    pub fn certain(&self) -> Option<u32> {
        match (self.records.as_slice(), self.other) {
            (&[record], false) => Some(record),
            _ => None,
        }
    }
}

/// A function to the inference: a number (0 is the top level), parameters, body, its variables.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// Parameters in order.
    pub parameters: &'a [Identifier],
    /// The statements.
    pub body: &'a Block,
}

/// All records, and what each variable holds.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// By index.
    all: Vec<Record>,
    by_name: HashMap<Name, u32>,
    /// By name of a field: the only record that has it, or none where several have. Made by `infer`.
    owners: HashMap<Name, Option<u32>>,
    /// By record and field: its embedded slots. Made by `infer`.
    slots: HashMap<(u32, Name), u32>,
    /// Names of the fields that some record embeds an array in.
    embedded: HashSet<Name>,
    /// By scope and variable; globals have scope 0.
    holds: HashMap<(u32, Name), Holds>,
}

/// What decides a name inside a scope.
pub trait Resolve {
    /// The scope (0 or `scope`) that a name used in `scope` belongs to, if it is a variable.
    fn variable(&self, scope: u32, name: Name) -> Option<u32>;
    /// The scope of the user's function of that name.
    fn function(&self, name: Name) -> Option<u32>;
    /// Whether a call of that name is an allocation of uninitialised bytes: `heap_allocate`.
    fn allocates(&self, name: Name) -> bool;
    /// Whether a name is a simple type to `sizeof`.
    fn simple_type(&self, name: Name) -> bool;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node {
    Variable(u32, Name),
    Result(u32),
}

/// What flows: one thing that a variable or a result may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Fact {
    Record(u32),
    Other,
}

enum Source {
    Nothing,
    Fact(Fact),
    Node(Node),
}

impl Source {
    const OTHER: Source = Source::Fact(Fact::Other);

    fn record(record: Option<u32>) -> Source {
        Source::Fact(record.map_or(Fact::Other, Fact::Record))
    }
}

impl Records {
    /// The record of that name.
    pub fn find(&self, name: Name) -> Option<u32> {
        self.by_name.get(&name).copied()
    }

    /// All of them, by index.
    pub fn all(&self) -> &[Record] {
        &self.all
    }

    /// The record at an index that was found here.
    pub fn get(&self, index: u32) -> &Record {
        &self.all[index as usize]
    }

    /// The embedded slots of a record's field: 0 for an ordinary one, none if there is no such field.
    pub fn field(&self, record: u32, name: Name) -> Option<u32> {
        self.slots.get(&(record, name)).copied()
    }

    /// Whether some record has an embedded array of that name.
    pub fn is_embedded(&self, field: Name) -> bool {
        self.embedded.contains(&field)
    }

    /// What a variable holds.
    pub fn holds(&self, scope: u32, name: Name) -> Option<&Holds> {
        self.holds.get(&(scope, name))
    }

    /// The only record that has a field of that name.
    pub fn owner(&self, field: Name) -> Option<u32> {
        self.owners.get(&field).copied().flatten()
    }

    /// Takes the declared records of a module.
    pub fn declare(&mut self, module: &Module, spell: &dyn Fn(Name) -> String, diagnostics: &mut Vec<Diagnostic>) {
        let mut spans: HashMap<Name, Span> = HashMap::new();
        for record in &module.records {
            if let Some(&first) = spans.get(&record.name.name) {
                diagnostics.push(super::duplicate("record", &spell(record.name.name), record.name.span, first));
                continue;
            }
            spans.insert(record.name.name, record.name.span);
            let mut fields: Vec<(Name, u32)> = Vec::new();
            let mut field_spans: HashMap<Name, Span> = HashMap::new();
            for field in &record.fields {
                if let Some(&first) = field_spans.get(&field.name.name) {
                    diagnostics.push(super::duplicate("field", &spell(field.name.name), field.name.span, first));
                    continue;
                }
                field_spans.insert(field.name.name, field.name.span);
                fields.push((field.name.name, field.embedded.unwrap_or(0)));
            }
            self.add(Record { name: record.name.name, fields, declared: true });
        }
    }

    fn add(&mut self, record: Record) -> u32 {
        let index = self.all.len() as u32;
        self.by_name.insert(record.name, index);
        self.all.push(record);
        index
    }

    /// Finds the records that are used and not declared, and works out what every variable holds.
    pub fn infer(&mut self, module: &Module, scopes: &[Scope<'_>], resolve: &dyn Resolve) {
        for expression in &module.expressions {
            let name = match &expression.kind {
                ExpressionKind::Sizeof(name) if !resolve.simple_type(name.name) => name.name,
                ExpressionKind::New { record, .. } => record.name,
                _ => continue,
            };
            if self.find(name).is_none() {
                self.add(Record { name, fields: Vec::new(), declared: false });
            }
        }
        if self.all.is_empty() {
            return;
        }
        self.solve(module, scopes, resolve);
        self.infer_fields(module, scopes, resolve);
        for (index, record) in (0..).zip(&self.all) {
            for &(field, embedded) in &record.fields {
                self.owners.entry(field).and_modify(|owner| *owner = None).or_insert(Some(index));
                self.slots.insert((index, field), embedded);
                if embedded > 0 {
                    self.embedded.insert(field);
                }
            }
        }
    }

    fn solve(&mut self, module: &Module, scopes: &[Scope<'_>], resolve: &dyn Resolve) {
        // Facts flow one by one, each once along each way, however many come together in a variable.
        let mut known: HashSet<(Node, Fact)> = HashSet::new();
        let mut work: Vec<(Node, Fact)> = Vec::new();
        let mut flows: HashMap<Node, Vec<Node>> = HashMap::new();
        let mut add = |to: Node, source: Source| match source {
            Source::Nothing => {}
            Source::Fact(fact) => work.push((to, fact)),
            Source::Node(from) => flows.entry(from).or_default().push(to),
        };
        for (scope, function) in (0..).zip(scopes) {
            let source = |id: ExpressionId| self.source(module, scope, id, resolve);
            let variable = |id: ExpressionId| match module.expression(id).kind {
                ExpressionKind::Name(name) => resolve.variable(scope, name).map(|owner| Node::Variable(owner, name)),
                _ => None,
            };
            walk::each_statement(function.body, &mut |statement| {
                match &statement.kind {
                    StatementKind::Assign { place, value } => {
                        if let Some(to) = variable(*place) {
                            add(to, source(*value));
                        }
                    }
                    StatementKind::AssignMany { places, values } => {
                        for (&place, &value) in places.iter().zip(values) {
                            if let Some(to) = variable(place) {
                                add(to, source(value));
                            }
                        }
                    }
                    StatementKind::Update { place, .. } => {
                        if let Some(to) = variable(*place) {
                            add(to, Source::OTHER);
                        }
                    }
                    StatementKind::ForRange { variable, .. } | StatementKind::ForEach { variable, .. } => {
                        if let Some(owner) = resolve.variable(scope, variable.name) {
                            add(Node::Variable(owner, variable.name), Source::OTHER);
                        }
                    }
                    StatementKind::Return(Some(value)) => add(Node::Result(scope), source(*value)),
                    _ => {}
                }
                walk::each_root(statement, &mut |root| {
                    walk::each_expression(module, root, &mut |_, expression| {
                        if let ExpressionKind::Call { callee, arguments, .. } = &expression.kind
                            && let Some(called) = resolve.function(callee.name)
                        {
                            let parameters = scopes[called as usize].parameters;
                            for (parameter, &argument) in parameters.iter().zip(arguments) {
                                add(Node::Variable(called, parameter.name), source(argument));
                            }
                        }
                    });
                });
            });
        }
        while let Some((node, fact)) = work.pop() {
            if known.insert((node, fact)) {
                work.extend(flows.get(&node).into_iter().flatten().map(|&to| (to, fact)));
            }
        }
        for (node, fact) in known {
            let Node::Variable(scope, name) = node else { continue };
            let holds = self.holds.entry((scope, name)).or_default();
            match fact {
                Fact::Record(record) => holds.records.push(record),
                Fact::Other => holds.other = true,
            }
        }
        self.holds.values_mut().for_each(|holds| holds.records.sort_unstable());
    }

    fn source(&self, module: &Module, scope: u32, id: ExpressionId, resolve: &dyn Resolve) -> Source {
        match &module.expression(id).kind {
            ExpressionKind::Null => Source::Nothing,
            ExpressionKind::New { record, .. } => Source::record(self.find(record.name)),
            ExpressionKind::Name(name) => match resolve.variable(scope, *name) {
                Some(owner) => Source::Node(Node::Variable(owner, *name)),
                None => Source::OTHER,
            },
            ExpressionKind::Call { callee, arguments, .. } => {
                if let Some(called) = resolve.function(callee.name) {
                    return Source::Node(Node::Result(called));
                }
                match arguments.as_slice() {
                    [size] if resolve.allocates(callee.name) => match &module.expression(*size).kind {
                        ExpressionKind::Sizeof(record) => Source::record(self.find(record.name)),
                        _ => Source::OTHER,
                    },
                    _ => Source::OTHER,
                }
            }
            _ => Source::OTHER,
        }
    }

    fn infer_fields(&mut self, module: &Module, scopes: &[Scope<'_>], resolve: &dyn Resolve) {
        // For each field of each record: its first position, and the one length of the literals
        // assigned to it, if there is one.
        let mut first: HashMap<(u32, Name), u32> = HashMap::new();
        let mut lengths: HashMap<(u32, Name), Option<u32>> = HashMap::new();
        for (scope, function) in (0..).zip(scopes) {
            let mut assigned = |place: ExpressionId, value: Option<ExpressionId>| {
                let ExpressionKind::Field { object, field } = &module.expression(place).kind else { return };
                let ExpressionKind::Name(name) = module.expression(*object).kind else { return };
                let Some(owner) = resolve.variable(scope, name) else { return };
                let length = value.and_then(|value| match &module.expression(value).kind {
                    ExpressionKind::Array(elements) if !elements.is_empty() => Some(elements.len() as u32),
                    _ => None,
                });
                for &record in self.holds.get(&(owner, name)).map_or(&[][..], |holds| holds.records.as_slice()) {
                    let key = (record, field.name);
                    let at = first.entry(key).or_insert(field.span.start);
                    *at = (*at).min(field.span.start);
                    lengths.entry(key).and_modify(|old| *old = old.filter(|_| *old == length)).or_insert(length);
                }
            };
            walk::each_statement(function.body, &mut |statement| match &statement.kind {
                StatementKind::Assign { place, value } => assigned(*place, Some(*value)),
                StatementKind::Update { place, .. } => assigned(*place, None),
                StatementKind::AssignMany { places, values } => {
                    places.iter().zip(values).for_each(|(&place, &value)| assigned(place, Some(value)));
                }
                _ => {}
            });
        }
        let mut fields: Vec<(u32, Name)> = first.keys().copied().collect();
        fields.sort_unstable_by_key(|field| first[field]);
        for (record, name) in fields {
            let target = &mut self.all[record as usize];
            if !target.declared {
                target.fields.push((name, lengths[&(record, name)].unwrap_or(0)));
            }
        }
    }
}
