//! How each instruction is carried out where its operands are of the common types and nothing is out of the
//! ordinary. Whatever else it means is in `perform.rs`.

mod arithmetic;
mod blocks;
mod calls;
mod conditions;
mod loops;
mod typed;
mod values;

/// Declares handlers: an instruction with its operands, and an expression that does it in the commonest
/// case, and perhaps one for others. The names before them are those of what it names, of the frame, and of the core.
macro_rules! handlers {
    ($resolved:ident, $frame:ident, $core:ident:
        $($name:ident $operands:tt => $done:expr $(, otherwise $otherwise:expr)?;)+) => { $(
        impl $crate::machine::dispatch::Execute for $crate::bytecode::instruction::rows::$name {
            #[inline(always)]
            #[allow(unused_variables, reason = "few need all of them")]
            fn execute(
                self,
                $resolved: $crate::machine::image::Resolved,
                $frame: $crate::machine::core::Frame<'_>,
                $core: &mut $crate::machine::core::Core<'_>,
            ) -> $crate::machine::core::Done {
                let Self $operands = self;
                $done
            }

            $(
                #[inline(always)]
                #[allow(unused_variables, reason = "few need all of them")]
                fn otherwise(
                    self,
                    $resolved: $crate::machine::image::Resolved,
                    $frame: $crate::machine::core::Frame<'_>,
                    $core: &mut $crate::machine::core::Core<'_>,
                ) -> $crate::machine::core::Done {
                    let Self $operands = self;
                    $otherwise
                }
            )?
        }
    )+ };
}

use handlers;
