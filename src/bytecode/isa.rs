//! THE TABLE. A row is an instruction: what it does, its mnemonic, its name, its typed operands.
//! The instruction type, its encoding, the disassembly, the verifier's operand checks, the liveness
//! of slots and the printed manual all come from here; only the handlers say how it is done.
//!
//! Operand types say what happens to a slot: `Read`, `Write`, `Update` (both), `Window` (the start
//! of the outgoing area: the result goes there, everything from there on is lost). See `operand.rs`.
//! At most eight bytes: the opcode, then byte operands, then a 16-bit one, then a 32-bit one.

/// Hands every row of the table to the macro `$product`.
macro_rules! for_each_instruction {
    ($product:ident) => {
        $product! {
            // ---- constants, variables
            /// `to` := an integer.
            "load-integer" LoadInteger { to: Write, value: Integer }
            /// `to` := a constant of the program.
            "load-constant" LoadConstant { to: Write, constant: ConstantIndex }
            /// `to` := `from`.
            "move" Move { to: Write, from: Read }
            /// Marks a variable as unassigned.
            "clear" Clear { to: Write }
            /// Stops with `unassigned-variable` if the variable has no value yet.
            "check-assigned" CheckAssigned { variable: Read }
            /// Stops with `type-error` if the value is no boolean.
            "check-boolean" CheckBoolean { value: Read }
            /// `to` := a global, which must have a value.
            "load-global" LoadGlobal { to: Write, global: GlobalIndex }
            /// A global := `from`.
            "store-global" StoreGlobal { from: Read, global: GlobalIndex }

            // ---- arithmetic: integers are checked, an integer with a float gives a float
            /// `to` := `left + right`; joins two strings.
            "add" Add { to: Write, left: Read, right: Read }
            /// Like `add`; operands that are string temporaries are freed once they are joined.
            "add-temporaries" AddTemporaries { to: Write, left: Read, right: Read, drops: Drops }
            /// `to` := `left - right`.
            "subtract" Subtract { to: Write, left: Read, right: Read }
            /// `to` := `left * right`.
            "multiply" Multiply { to: Write, left: Read, right: Read }
            /// `to` := `left / right`, always a float.
            "divide" Divide { to: Write, left: Read, right: Read }
            /// `to` := `left div right`, floored.
            "floor-divide" FloorDivide { to: Write, left: Read, right: Read }
            /// `to` := `left mod right`; the sign is the divisor's.
            "modulo" Modulo { to: Write, left: Read, right: Read }
            /// `to` := `left ^ right`.
            "power" Power { to: Write, left: Read, right: Read }
            /// `to` := `left + right`, an integer constant.
            "add-integer" AddInteger { to: Write, left: Read, right: Integer }
            /// `to` := `left - right`, an integer constant.
            "subtract-integer" SubtractInteger { to: Write, left: Read, right: Integer }
            /// `to` := `left * right`, an integer constant.
            "multiply-integer" MultiplyInteger { to: Write, left: Read, right: Integer }
            /// `to` := `left div right`, an integer constant other than 0.
            "floor-divide-integer" FloorDivideInteger { to: Write, left: Read, right: Integer }
            /// `to` := `left mod right`, an integer constant other than 0.
            "modulo-integer" ModuloInteger { to: Write, left: Read, right: Integer }
            /// `to` := `left div right`, a constant from 2 on.
            "floor-divide-constant" FloorDivideConstant { to: Write, left: Read, right: DivisorIndex }
            /// `to` := `left mod right`, a constant from 2 on.
            "modulo-constant" ModuloConstant { to: Write, left: Read, right: DivisorIndex }
            /// `to` := `-operand`.
            "negate" Negate { to: Write, operand: Read }
            /// `to` := `not operand`, a boolean.
            "not" Not { to: Write, operand: Read }

            // ---- comparisons that give a boolean
            /// `to` := `left = right`.
            "equal" Equal { to: Write, left: Read, right: Read }
            /// `to` := `left != right`.
            "not-equal" NotEqual { to: Write, left: Read, right: Read }
            /// `to` := `left < right`.
            "less" Less { to: Write, left: Read, right: Read }
            /// `to` := `left <= right`.
            "less-equal" LessEqual { to: Write, left: Read, right: Read }
            /// `to` := `left > right`.
            "greater" Greater { to: Write, left: Read, right: Read }
            /// `to` := `left >= right`.
            "greater-equal" GreaterEqual { to: Write, left: Read, right: Read }
            /// `to` := `operand is empty`: null, or of length 0.
            "is-empty" IsEmpty { to: Write, operand: Read }

            // ---- jumps; a target is relative to the next instruction
            /// Goes on at `target`.
            "jump" Jump { target: Target }
            /// Goes on at `target` if `condition`, a boolean, is true.
            "jump-if-true" JumpIfTrue { condition: Read, target: Target }
            /// Goes on at `target` if `condition`, a boolean, is false.
            "jump-if-false" JumpIfFalse { condition: Read, target: Target }
            /// Goes on at `target` if `operand` is null.
            "jump-if-null" JumpIfNull { operand: Read, target: Target }
            /// Goes on at `target` if `operand` is not null.
            "jump-if-not-null" JumpIfNotNull { operand: Read, target: Target }
            /// Goes on at `target` if `left = right`.
            "jump-if-equal" JumpIfEqual { left: Read, right: Read, target: Target }
            /// Goes on at `target` if `left != right`.
            "jump-if-not-equal" JumpIfNotEqual { left: Read, right: Read, target: Target }
            /// Goes on at `target` if `left < right`.
            "jump-if-less" JumpIfLess { left: Read, right: Read, target: Target }
            /// Goes on at `target` unless `left < right`.
            "jump-if-not-less" JumpIfNotLess { left: Read, right: Read, target: Target }
            /// Goes on at `target` if `left <= right`.
            "jump-if-less-equal" JumpIfLessEqual { left: Read, right: Read, target: Target }
            /// Goes on at `target` unless `left <= right`.
            "jump-if-not-less-equal" JumpIfNotLessEqual { left: Read, right: Read, target: Target }
            /// Goes on at `target` if `left > right`.
            "jump-if-greater" JumpIfGreater { left: Read, right: Read, target: Target }
            /// Goes on at `target` unless `left > right`.
            "jump-if-not-greater" JumpIfNotGreater { left: Read, right: Read, target: Target }
            /// Goes on at `target` if `left >= right`.
            "jump-if-greater-equal" JumpIfGreaterEqual { left: Read, right: Read, target: Target }
            /// Goes on at `target` unless `left >= right`.
            "jump-if-not-greater-equal" JumpIfNotGreaterEqual { left: Read, right: Read, target: Target }
            /// Goes on at `target` if `left = right`, an integer constant.
            "jump-if-equal-integer" JumpIfEqualInteger { left: Read, right: Short, target: Target }
            /// Goes on at `target` if `left != right`, an integer constant.
            "jump-if-not-equal-integer" JumpIfNotEqualInteger { left: Read, right: Short, target: Target }
            /// Goes on at `target` if `left < right`, an integer constant.
            "jump-if-less-integer" JumpIfLessInteger { left: Read, right: Short, target: Target }
            /// Goes on at `target` unless `left < right`, an integer constant.
            "jump-if-not-less-integer" JumpIfNotLessInteger { left: Read, right: Short, target: Target }
            /// Goes on at `target` if `left <= right`, an integer constant.
            "jump-if-less-equal-integer" JumpIfLessEqualInteger { left: Read, right: Short, target: Target }
            /// Goes on at `target` unless `left <= right`, an integer constant.
            "jump-if-not-less-equal-integer" JumpIfNotLessEqualInteger { left: Read, right: Short, target: Target }
            /// Goes on at `target` if `left > right`, an integer constant.
            "jump-if-greater-integer" JumpIfGreaterInteger { left: Read, right: Short, target: Target }
            /// Goes on at `target` unless `left > right`, an integer constant.
            "jump-if-not-greater-integer" JumpIfNotGreaterInteger { left: Read, right: Short, target: Target }
            /// Goes on at `target` if `left >= right`, an integer constant.
            "jump-if-greater-equal-integer" JumpIfGreaterEqualInteger { left: Read, right: Short, target: Target }
            /// Goes on at `target` unless `left >= right`, an integer constant.
            "jump-if-not-greater-equal-integer" JumpIfNotGreaterEqualInteger { left: Read, right: Short, target: Target }

            // ---- loops
            /// Begins a loop that counts up by one from `counter` to `limit`, both included. Numbers are
            /// checked, and a float limit of an integer counter is floored. Without a round goes on at
            /// `target`; otherwise `variable` := `counter`.
            "count-enter" CountEnter { counter: Update, variable: WriteFalling, limit: Update, target: Target }
            /// The next round, at `target`, unless `counter` has reached `limit`:
            /// `counter` := `counter + 1`, `variable` := `counter`.
            "count-next" CountNext { counter: Update, variable: WriteJumping, limit: Read, target: Target }
            /// Like `count-enter` with a step, which stands in the slot after `limit` and must not be 0;
            /// a negative one counts down.
            "range-enter" RangeEnter { counter: Update, variable: WriteFalling, limit: LimitAndStep, target: Target }
            /// Like `count-next` with that step.
            "range-next" RangeNext { counter: Update, variable: WriteJumping, limit: LimitAndStep, target: Target }
            /// Begins a walk over the collection in `walk`: notes its length and index 0 in the next two
            /// slots and goes on at `target`, the loop's `each-next`.
            "each-enter" EachEnter { walk: WalkStart, target: Target }
            /// The next round, at `target`, unless all elements have had their turn:
            /// `variable` := the element at the index.
            "each-next" EachNext { walk: Walk, variable: WriteJumping, target: Target }

            // ---- operands of known types: no tag is looked at, those of results are written as ever
            /// `to` := `left + right`.
            "integer.add" IntegerAdd { to: WriteInteger, left: ReadInteger, right: ReadInteger }
            /// `to` := `left - right`.
            "integer.subtract" IntegerSubtract { to: WriteInteger, left: ReadInteger, right: ReadInteger }
            /// `to` := `left * right`.
            "integer.multiply" IntegerMultiply { to: WriteInteger, left: ReadInteger, right: ReadInteger }
            /// `to` := `left div right`.
            "integer.floor-divide" IntegerFloorDivide { to: WriteInteger, left: ReadInteger, right: ReadInteger }
            /// `to` := `left mod right`.
            "integer.modulo" IntegerModulo { to: WriteInteger, left: ReadInteger, right: ReadInteger }
            /// `to` := `left + right`, a constant.
            "integer.add-constant" IntegerAddConstant { to: WriteInteger, left: ReadInteger, right: Integer }
            /// `to` := `left - right`, a constant.
            "integer.subtract-constant" IntegerSubtractConstant { to: WriteInteger, left: ReadInteger, right: Integer }
            /// `to` := `left * right`, a constant.
            "integer.multiply-constant" IntegerMultiplyConstant { to: WriteInteger, left: ReadInteger, right: Integer }
            /// `to` := `left div right`, a constant from 2 on.
            "integer.floor-divide-constant" IntegerFloorDivideConstant { to: WriteInteger, left: ReadInteger, right: DivisorIndex }
            /// `to` := `left mod right`, a constant from 2 on.
            "integer.modulo-constant" IntegerModuloConstant { to: WriteInteger, left: ReadInteger, right: DivisorIndex }
            /// `to` := `left + right`.
            "float.add" FloatAdd { to: WriteFloat, left: ReadFloat, right: ReadFloat }
            /// `to` := `left - right`.
            "float.subtract" FloatSubtract { to: WriteFloat, left: ReadFloat, right: ReadFloat }
            /// `to` := `left * right`.
            "float.multiply" FloatMultiply { to: WriteFloat, left: ReadFloat, right: ReadFloat }
            /// `to` := `left / right`.
            "float.divide" FloatDivide { to: WriteFloat, left: ReadFloat, right: ReadFloat }
            /// `to` := the square root of `operand`.
            "float.square-root" FloatSquareRoot { to: WriteFloat, operand: ReadFloat }
            /// Goes on at `target` if `left = right`.
            "integer.jump-if-equal" IntegerJumpIfEqual { left: ReadInteger, right: ReadInteger, target: Target }
            /// Goes on at `target` if `left != right`.
            "integer.jump-if-not-equal" IntegerJumpIfNotEqual { left: ReadInteger, right: ReadInteger, target: Target }
            /// Goes on at `target` if `left < right`.
            "integer.jump-if-less" IntegerJumpIfLess { left: ReadInteger, right: ReadInteger, target: Target }
            /// Goes on at `target` if `left <= right`.
            "integer.jump-if-less-equal" IntegerJumpIfLessEqual { left: ReadInteger, right: ReadInteger, target: Target }
            /// Goes on at `target` if `left = right`, a constant.
            "integer.jump-if-equal-constant" IntegerJumpIfEqualConstant { left: ReadInteger, right: Short, target: Target }
            /// Goes on at `target` if `left != right`, a constant.
            "integer.jump-if-not-equal-constant" IntegerJumpIfNotEqualConstant { left: ReadInteger, right: Short, target: Target }
            /// Goes on at `target` if `left < right`, a constant.
            "integer.jump-if-less-constant" IntegerJumpIfLessConstant { left: ReadInteger, right: Short, target: Target }
            /// Goes on at `target` if `left <= right`, a constant.
            "integer.jump-if-less-equal-constant" IntegerJumpIfLessEqualConstant { left: ReadInteger, right: Short, target: Target }
            /// Goes on at `target` if `left > right`, a constant.
            "integer.jump-if-greater-constant" IntegerJumpIfGreaterConstant { left: ReadInteger, right: Short, target: Target }
            /// Goes on at `target` if `left >= right`, a constant.
            "integer.jump-if-greater-equal-constant" IntegerJumpIfGreaterEqualConstant { left: ReadInteger, right: Short, target: Target }
            /// Goes on at `target` if `left < right`.
            "float.jump-if-less" FloatJumpIfLess { left: ReadFloat, right: ReadFloat, target: Target }
            /// Goes on at `target` unless `left < right`.
            "float.jump-if-not-less" FloatJumpIfNotLess { left: ReadFloat, right: ReadFloat, target: Target }
            /// Goes on at `target` if `left <= right`.
            "float.jump-if-less-equal" FloatJumpIfLessEqual { left: ReadFloat, right: ReadFloat, target: Target }
            /// Goes on at `target` unless `left <= right`.
            "float.jump-if-not-less-equal" FloatJumpIfNotLessEqual { left: ReadFloat, right: ReadFloat, target: Target }
            /// Like `count-enter`.
            "integer.count-enter" IntegerCountEnter { counter: UpdateInteger, variable: WriteIntegerFalling, limit: UpdateInteger, target: Target }
            /// Like `count-next`.
            "integer.count-next" IntegerCountNext { counter: UpdateInteger, variable: WriteIntegerJumping, limit: ReadInteger, target: Target }
            /// Like `range-next`.
            "integer.range-next" IntegerRangeNext { counter: UpdateInteger, variable: WriteIntegerJumping, limit: IntegerLimitAndStep, target: Target }
            /// Goes on at `target` if `condition` is true.
            "boolean.jump-if-true" BooleanJumpIfTrue { condition: ReadBoolean, target: Target }
            /// Goes on at `target` if `condition` is false.
            "boolean.jump-if-false" BooleanJumpIfFalse { condition: ReadBoolean, target: Target }

            // ---- elements that hold values of one type as long as their block lives, and so are not looked at
            /// Like `load-element`.
            "integer.load-element" IntegerLoadElement { to: WriteInteger, object: ReadIntegers, index: ReadInteger }
            /// Like `load-element`.
            "float.load-element" FloatLoadElement { to: WriteFloat, object: ReadFloats, index: ReadInteger }
            /// Like `load-element`.
            "boolean.load-element" BooleanLoadElement { to: WriteBoolean, object: ReadBooleans, index: ReadInteger }
            /// Like `store-element`.
            "integer.store-element" IntegerStoreElement { object: ReadIntegers, index: ReadInteger, from: ReadInteger }
            /// Like `store-element`.
            "float.store-element" FloatStoreElement { object: ReadFloats, index: ReadInteger, from: ReadFloat }
            /// Like `store-element`.
            "boolean.store-element" BooleanStoreElement { object: ReadBooleans, index: ReadInteger, from: ReadBoolean }

            // ---- elements and fields of what is a block for certain
            /// Like `load-element`.
            "block.load-element" BlockLoadElement { to: Write, object: ReadBlock, index: ReadInteger }
            /// Like `store-element`.
            "block.store-element" BlockStoreElement { object: ReadBlock, index: ReadInteger, from: Read }
            /// Like `load-field`.
            "block.load-field" BlockLoadField { to: Write, object: ReadBlock, field: FieldSiteIndex }
            /// Like `store-field`.
            "block.store-field" BlockStoreField { object: ReadBlock, from: Read, field: FieldSiteIndex }

            // ---- several fields of one record
            /// Like `load-field`; the record is open then.
            "open.load-field" OpenLoadField { to: Write, object: Read, field: FieldSiteIndex }
            /// Like `store-field`; the record is open then.
            "open.store-field" OpenStoreField { object: Read, from: Read, field: FieldSiteIndex }
            /// Like `load-field` of a record that most likely is open, and of a field that always holds an integer.
            "integer.load-field" IntegerLoadField { to: WriteInteger, object: ReadBlock, field: FieldSiteIndex }
            /// Like `store-field` to such a field.
            "integer.store-field" IntegerStoreField { object: ReadBlock, from: ReadInteger, field: FieldSiteIndex }
            /// Like `load-field` of a record that most likely is open, and of a field that always holds a float.
            "float.load-field" FloatLoadField { to: WriteFloat, object: ReadBlock, field: FieldSiteIndex }
            /// Like `store-field` to such a field.
            "float.store-field" FloatStoreField { object: ReadBlock, from: ReadFloat, field: FieldSiteIndex }

            // ---- elements and fields
            /// `to` := `object[index]`.
            "load-element" LoadElement { to: Write, object: Read, index: Read }
            /// `object[index]` := `from`.
            "store-element" StoreElement { object: Read, index: Read, from: Read }
            /// `to` := a field of `object`.
            "load-field" LoadField { to: Write, object: Read, field: FieldSiteIndex }
            /// A field of `object` := `from`.
            "store-field" StoreField { object: Read, from: Read, field: FieldSiteIndex }
            /// Like `store-field` with an array literal that nothing else holds: an embedded array takes
            /// over its elements, and the literal is freed.
            "store-field-literal" StoreFieldLiteral { object: Read, from: Read, field: FieldSiteIndex }
            /// A slot of the embedded array in a field of `object` := `from`.
            "store-embedded" StoreEmbedded { object: Read, from: Read, index: SmallIndex, field: FieldSiteIndex }
            /// `to` := `length(object)`.
            "length" Length { to: Write, object: Read }

            // ---- blocks
            /// `to` := a block of `size` units; see the allocation kinds.
            "allocate" Allocate { to: Write, size: Read, kind: AllocationKind }
            /// `to` := a record with uninitialised fields; null, or `out-of-memory` for `new`.
            "allocate-record" AllocateRecord { to: Write, failure: Failure, record: RecordIndex }
            /// `to` := a block of that many elements, uninitialised: an array literal in the making.
            "allocate-array" AllocateArray { to: Write, length: Length32 }
            /// Element `index` of the literal in `array` := `from`.
            "init-element" InitElement { array: Read, from: Read, index: Length32 }
            /// The word at `offset` of the new record in `record` := `from`.
            "init-field" InitField { record: Read, from: Read, offset: Length32 }
            /// `heap_free(value)`.
            "free" Free { value: Read }
            /// Frees a string that its statement has consumed.
            "drop-temporary" DropTemporary { value: Read }
            /// Counts one more reference to the block of a value, if it has one.
            "retain" Retain { value: Read }
            /// Counts one reference less to the block of a value, if it has one; the last one frees it.
            "release" Release { value: Read }
            /// Like `store-global`: the global counts as a reference, and what it held does no more.
            "store-global-counted" StoreGlobalCounted { from: Read, global: GlobalIndex }
            /// Like `store-element`: the element counts as a reference, and what it held does no more.
            "store-element-counted" StoreElementCounted { object: Read, index: Read, from: Read }
            /// Like `store-field`: the field counts as a reference, and what it held does no more.
            "store-field-counted" StoreFieldCounted { object: Read, from: Read, field: FieldSiteIndex }
            /// `to` := a buffer of this frame, uninitialised from now on.
            "stack-allocate" StackAllocate { to: Write, buffer: BufferIndex }

            // ---- calls
            /// Calls a function. Its frame begins at `window`: two linkage words, then the arguments, which
            /// are in place. The value comes back in `window`.
            "call" Call { window: Window, arguments: Count, function: FunctionIndex }
            /// Calls a function from one that has stack buffers: the frame begins below those, and the
            /// arguments are copied there. Followed by `take-result`.
            "call-below" CallBelow { window: Window, arguments: Count, function: FunctionIndex }
            /// `to` := the value of the `call-below` before it, from the first word below this frame.
            "take-result" TakeResult { to: Write }
            /// Returns a value to where the return address points.
            "return" Return { value: Read }
            /// Returns null.
            "return-null" ReturnNull {}
            /// Calls a built-in. Its value comes back in `window`; its arguments follow that slot.
            "call-builtin" CallBuiltin { window: BuiltinWindow, arguments: Count, builtin: BuiltinIndex }
            /// Prints `count` values from `first` on, with blanks between them, and a newline.
            "print" Print { first: Values, count: Count }
            /// Prints the value of the entry expression, whose text is a constant: `f(1) = 2`.
            "print-result" PrintResult { value: Read, text: ConstantIndex }
            /// Shows a value to who typed its expression at a prompt.
            "echo" Echo { value: Read }
            /// Pauses the program, which can go on at the next instruction.
            "breakpoint" Breakpoint {}
            /// Ends the program.
            "halt" Halt {}

            // ---- references, for strategies that free by themselves
            /// `to` := what a weak place holds for the reference `from`: it does not keep the block alive.
            "weaken" Weaken { to: Write, from: Read }
            /// `to` := what reading the weak place `from` gives: a reference, or null once the block is gone.
            "strengthen" Strengthen { to: Write, from: Read }
            /// Like `store-global-counted`, and `from` is released: it hands its count over.
            "store-global-given" StoreGlobalGiven { from: Read, global: GlobalIndex }
            /// Like `store-element-counted`, and `from` is released: it hands its count over.
            "store-element-given" StoreElementGiven { object: Read, index: Read, from: Read }
            /// Like `store-field-counted`, and `from` is released: it hands its count over.
            "store-field-given" StoreFieldGiven { object: Read, from: Read, field: FieldSiteIndex }
        }
    };
}

pub(crate) use for_each_instruction;
