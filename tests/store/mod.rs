//! The conformance suite of the store: every sentence of the traits is a named case, and every case runs on every backend.
//!
//! A case takes a [`fixture::Backend`] and knows nothing of the engine behind it. The list below is the only place where a case is named;
//! a case that is not listed is unused code, which the compiler reports.

mod answers;
mod audit;
mod concurrency;
mod corrections;
mod durability;
mod fixture;
mod ledger;
mod receipts;
mod registry;
mod templates;
mod tokens;
mod transactions;

/// Makes one test of each case for a backend.
macro_rules! run_on {
    ($name:ident, $backend:ty, { $($module:ident: [$($case:ident),* $(,)?],)* }) => {
        mod $name {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let mut backend = <$backend as crate::store::fixture::Backend>::fresh().await;
                    crate::store::$module::$case(&mut backend).await;
                })*
            })*
        }
    };
}

/// All cases, for one backend.
macro_rules! conformance {
    ($name:ident, $backend:ty) => {
        run_on!($name, $backend, {
            registry: [
                organisations_are_put_and_read,
                organisations_of_every_kind_read_back,
                an_unknown_organisation_is_none,
                organisations_are_paged_by_id,
                an_organisation_is_replaced,
                a_transaction_sees_its_organisations,
                no_organisations_are_put,
                unit_rows_come_by_code_and_first_day,
                a_unit_row_of_the_same_day_is_replaced,
                a_transaction_sees_its_unit_rows,
                a_whole_province_of_units_is_one_call,
            ],
            ledger: [
                a_figure_is_read_back_with_its_receipt,
                every_kind_of_figure_reads_back,
                every_kind_of_period_reads_back,
                the_field_and_unit_of_measure_are_remembered,
                a_held_figure_is_answered_and_nothing_is_stored,
                after_a_refusal_the_transaction_goes_on,
                the_same_element_of_other_units_and_periods_is_free,
                a_key_twice_in_one_call_is_an_error,
                a_figure_of_another_unit_than_the_receipt_is_an_error,
                an_empty_submission_is_a_receipt,
                a_transaction_sees_its_figures_and_nobody_else_does,
                far_more_figures_than_parameters_are_one_call,
                observations_come_by_unit_element_and_period,
                a_filter_takes_what_is_in_all_three_lists,
                a_filter_without_units_finds_nothing,
                what_is_named_twice_is_found_once,
                unknown_keys_are_not_answered,
                a_figure_may_come_without_a_registered_unit,
            ],
        });
    };
}

conformance!(sqlite, crate::store::fixture::SqliteBackend);
