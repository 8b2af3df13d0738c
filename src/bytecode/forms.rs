//! Which instruction for operands of known types does the same as which for operands of any.

use super::program::FieldSite;
use super::types::{Class, Type, Types};
use super::{FieldSiteIndex, Instruction};

/// Declares the forms of instructions: first those that correspond to one another, then further ones
/// of which some other form does the work, then those that are chosen elsewhere.
macro_rules! forms {
    (
        $($general:ident { $($operand:ident),+ } = $typed:ident,)+
        ;
        $($also:ident { $($part:ident),+ } => $form:ident { $($name:ident: $from:ident),+ },)+
        ;
        $($same:ident { $($same_operand:ident),+ } = $other:ident,)+
    ) => {
        impl Instruction {
            /// The instruction for operands of any types that does the same, and on which everything is defined
            /// that this one leaves out.
            #[must_use]
            pub fn general(self) -> Instruction {
                match self {
                    $(Instruction::$typed { $($operand),+ } => Instruction::$general { $($operand: $operand.into()),+ },)+
                    $(Instruction::$other { $($same_operand),+ } => {
                        Instruction::$same { $($same_operand: $same_operand.into()),+ }
                    })+
                    other => other,
                }
            }

            /// The instruction that does the same with slots of these types, where that is known of everything else, and
            /// looks at as few tags as may be.
            #[must_use]
            pub fn specialised(self, slots: &[Type], known: &Types, sites: &[FieldSite]) -> Instruction {
                $(if let Instruction::$general { $($operand),+ } = self {
                    let typed = Instruction::$typed { $($operand: $operand.into()),+ };
                    if typed.fits(slots, known, sites) {
                        return typed;
                    }
                })+
                $(if let Instruction::$also { $($part),+ } = self {
                    let typed = Instruction::$form { $($name: $from.into()),+ };
                    if typed.fits(slots, known, sites) {
                        return typed;
                    }
                })+
                self
            }
        }
    };
}

forms! {
    Add { to, left, right } = IntegerAdd,
    Add { to, left, right } = FloatAdd,
    Subtract { to, left, right } = IntegerSubtract,
    Subtract { to, left, right } = FloatSubtract,
    Multiply { to, left, right } = IntegerMultiply,
    Multiply { to, left, right } = FloatMultiply,
    Divide { to, left, right } = FloatDivide,
    FloorDivide { to, left, right } = IntegerFloorDivide,
    Modulo { to, left, right } = IntegerModulo,
    FloorDivideConstant { to, left, right } = IntegerFloorDivideConstant,
    ModuloConstant { to, left, right } = IntegerModuloConstant,
    AddInteger { to, left, right } = IntegerAddConstant,
    SubtractInteger { to, left, right } = IntegerSubtractConstant,
    MultiplyInteger { to, left, right } = IntegerMultiplyConstant,
    JumpIfEqual { left, right, target } = IntegerJumpIfEqual,
    JumpIfNotEqual { left, right, target } = IntegerJumpIfNotEqual,
    JumpIfLess { left, right, target } = IntegerJumpIfLess,
    JumpIfLessEqual { left, right, target } = IntegerJumpIfLessEqual,
    JumpIfLess { left, right, target } = FloatJumpIfLess,
    JumpIfNotLess { left, right, target } = FloatJumpIfNotLess,
    JumpIfLessEqual { left, right, target } = FloatJumpIfLessEqual,
    JumpIfNotLessEqual { left, right, target } = FloatJumpIfNotLessEqual,
    JumpIfEqualInteger { left, right, target } = IntegerJumpIfEqualConstant,
    JumpIfNotEqualInteger { left, right, target } = IntegerJumpIfNotEqualConstant,
    JumpIfLessInteger { left, right, target } = IntegerJumpIfLessConstant,
    JumpIfLessEqualInteger { left, right, target } = IntegerJumpIfLessEqualConstant,
    JumpIfGreaterInteger { left, right, target } = IntegerJumpIfGreaterConstant,
    JumpIfGreaterEqualInteger { left, right, target } = IntegerJumpIfGreaterEqualConstant,
    CountEnter { counter, variable, limit, target } = IntegerCountEnter,
    CountNext { counter, variable, limit, target } = IntegerCountNext,
    RangeNext { counter, variable, limit, target } = IntegerRangeNext,
    JumpIfTrue { condition, target } = BooleanJumpIfTrue,
    JumpIfFalse { condition, target } = BooleanJumpIfFalse,
    LoadElement { to, object, index } = IntegerLoadElement,
    LoadElement { to, object, index } = FloatLoadElement,
    LoadElement { to, object, index } = BooleanLoadElement,
    LoadElement { to, object, index } = BlockLoadElement,
    StoreElement { object, index, from } = IntegerStoreElement,
    StoreElement { object, index, from } = FloatStoreElement,
    StoreElement { object, index, from } = BooleanStoreElement,
    StoreElement { object, index, from } = BlockStoreElement,
    LoadField { to, object, field } = BlockLoadField,
    StoreField { object, from, field } = BlockStoreField,
    ;
    // Of two integers, one is less than the other or it is not; floats may be nan.
    JumpIfNotLess { left, right, target } => IntegerJumpIfLessEqual { left: right, right: left, target: target },
    JumpIfNotLessEqual { left, right, target } => IntegerJumpIfLess { left: right, right: left, target: target },
    JumpIfGreater { left, right, target } => IntegerJumpIfLess { left: right, right: left, target: target },
    JumpIfNotGreater { left, right, target } => IntegerJumpIfLessEqual { left: left, right: right, target: target },
    JumpIfGreaterEqual { left, right, target } => IntegerJumpIfLessEqual { left: right, right: left, target: target },
    JumpIfNotGreaterEqual { left, right, target } => IntegerJumpIfLess { left: left, right: right, target: target },
    JumpIfGreater { left, right, target } => FloatJumpIfLess { left: right, right: left, target: target },
    JumpIfNotGreater { left, right, target } => FloatJumpIfNotLess { left: right, right: left, target: target },
    JumpIfGreaterEqual { left, right, target } => FloatJumpIfLessEqual { left: right, right: left, target: target },
    JumpIfNotGreaterEqual { left, right, target } => FloatJumpIfNotLessEqual { left: right, right: left, target: target },
    JumpIfNotLessInteger { left, right, target } => IntegerJumpIfGreaterEqualConstant { left: left, right: right, target: target },
    JumpIfNotLessEqualInteger { left, right, target } => IntegerJumpIfGreaterConstant { left: left, right: right, target: target },
    JumpIfNotGreaterInteger { left, right, target } => IntegerJumpIfLessEqualConstant { left: left, right: right, target: target },
    JumpIfNotGreaterEqualInteger { left, right, target } => IntegerJumpIfLessConstant { left: left, right: right, target: target },
    ;
    // Where records are open is no matter of types.
    LoadField { to, object, field } = OpenLoadField,
    StoreField { object, from, field } = OpenStoreField,
    LoadField { to, object, field } = IntegerLoadField,
    StoreField { object, from, field } = IntegerStoreField,
    LoadField { to, object, field } = FloatLoadField,
    StoreField { object, from, field } = FloatStoreField,
}

impl Instruction {
    /// The class of blocks whose elements it does not look at, because all hold values of that type.
    const fn relied_elements(self) -> Option<(Class, Type)> {
        match self {
            Instruction::IntegerLoadElement { .. } | Instruction::IntegerStoreElement { .. } => {
                Some((Class::Integers, Type::INTEGER))
            }
            Instruction::FloatLoadElement { .. } | Instruction::FloatStoreElement { .. } => {
                Some((Class::Floats, Type::FLOAT))
            }
            Instruction::BooleanLoadElement { .. } | Instruction::BooleanStoreElement { .. } => {
                Some((Class::Booleans, Type::BOOLEAN))
            }
            _ => None,
        }
    }

    /// The field that it does not look at, because it always holds a value of that type.
    const fn relied_field(self) -> Option<(FieldSiteIndex, Type)> {
        match self {
            Instruction::IntegerLoadField { field, .. } | Instruction::IntegerStoreField { field, .. } => {
                Some((field, Type::INTEGER))
            }
            Instruction::FloatLoadField { field, .. } | Instruction::FloatStoreField { field, .. } => {
                Some((field, Type::FLOAT))
            }
            _ => None,
        }
    }

    /// Whether the slots that it reads hold what it relies on, and elements and fields as well.
    pub fn fits(self, slots: &[Type], known: &Types, sites: &[FieldSite]) -> bool {
        let mut fits = true;
        self.each_read(|slot, relied| fits &= slots[usize::from(slot)].is(relied));
        fits && self.relied_elements().is_none_or(|(class, relied)| known.element(class).is(relied))
            && self.relied_field().is_none_or(|(site, relied)| {
                sites.get(site.0 as usize).is_some_and(|site| known.settled_field(site.field).is(relied))
            })
    }
}
