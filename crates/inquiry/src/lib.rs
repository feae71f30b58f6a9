//! From records to answers: the base with its weights, what was asked of the rules, records joined
//! into devices, and each device worked out. Whatever shows answers, on a terminal or in a browser,
//! has them from here.

pub mod asking;
pub mod base;
pub mod estate;
pub mod holes;
pub mod judgement;
pub mod spelled;
pub mod today;
pub mod worker;
