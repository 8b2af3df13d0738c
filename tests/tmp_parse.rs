mod harness { #[allow(dead_code)] pub mod expectations; }
use harness::expectations::Expectations;
use cairn::source::*; use cairn::syntax::*; use cairn::kind::ErrorKind;
use std::path::Path;
fn walk(p:&Path, out:&mut Vec<std::path::PathBuf>){ for e in std::fs::read_dir(p).unwrap(){ let e=e.unwrap().path(); if e.is_dir(){walk(&e,out)} else if e.extension().is_some_and(|x|x=="pseudo"){out.push(e)} } }
#[test] fn all(){
 let mut v=vec![]; walk(Path::new("tests/corpus"),&mut v); walk(Path::new("examples"),&mut v); walk(Path::new("benches"),&mut v); v.sort();
 for f in v { let t=std::fs::read_to_string(&f).unwrap();
  let e=match Expectations::parse(&t){Ok(e)=>e,Err(p)=>{println!("{}: DIRECTIVE {p:?}",f.display());continue}};
  let mut s=Sources::default(); let id=s.add("x",t.as_str()); let mut n=Names::default();
  let p=parse(&s,id,&mut n);
  let mut want:Vec<u32>=e.errors.iter().filter(|x|x.kind==ErrorKind::SyntaxError).map(|x|x.line).collect(); want.sort();
  let mut got:Vec<u32>=p.diagnostics.iter().filter(|d|d.severity==Severity::Error).map(|d|s.position(d.primary.span).line).collect(); got.sort(); 
  if want!=got { println!("{}: want {want:?} got {got:?}",f.display()); for d in &p.diagnostics { println!("     {}: {} {:?} {:?}",s.position(d.primary.span).line,d.message,d.kind,d.help);} }
 }
}
