//! Runs LALRPOP on `grammar/`, and says whether the host's code is optimised: see `machine/dispatch.rs`.

fn main() {
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    lalrpop::Configuration::new()
        .set_in_dir("grammar")
        .set_out_dir(out)
        .emit_rerun_directives(true)
        .process()
        .expect("the grammar is LR(1)");
    println!("cargo::rustc-check-cfg=cfg(optimised)");
    if std::env::var("OPT_LEVEL").is_ok_and(|level| matches!(level.as_str(), "2" | "3")) {
        println!("cargo::rustc-cfg=optimised");
    }
}
