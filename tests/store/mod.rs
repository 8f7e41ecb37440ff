//! The conformance suite of the store: every sentence of the traits is a named case, and every case runs on every backend.
//!
//! A case takes a [`fixture::Backend`] and knows nothing of the engine behind it; what only one engine does has a list of its own. The list below is the only place where a case is named;
//! a case that is not listed is unused code, which the compiler reports.

mod answers;
mod audit;
mod concurrency;
mod corrections;
mod decisions;
mod disputes;
mod drafts;
mod durability;
mod explanations;
mod fixture;
mod ledger;
mod moves;
mod one_writer;
mod protection;
mod receipts;
mod registry;
mod registry_generation;
mod several_servers;
mod submissions;
mod templates;
mod tokens;
mod transactions;
mod verification;
mod wrappers;

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
            answers: [
                an_answer_is_remembered,
                a_new_request_has_no_answer,
                request_ids_of_accounts_are_apart,
                a_second_answer_to_a_request_is_a_conflict,
                a_transaction_sees_its_answer,
                an_answer_goes_with_its_effect,
            ],
            drafts: [
                a_draft_is_kept_word_for_word,
                a_draft_is_replaced_under_its_version_only,
                a_version_of_a_draft_is_removed,
                a_submission_takes_its_draft_along,
                a_newer_draft_outlives_a_submission,
                a_refused_submission_leaves_its_draft,
            ],
            disputes: [
                a_dispute_is_numbered_and_read_back,
                one_dispute_of_a_subject_is_open,
                a_dispute_ends_once,
                both_parties_list_their_disputes,
                disputes_stay_as_they_were_raised,
            ],
            explanations: [
                an_explanation_comes_with_a_submission,
                a_refused_submission_leaves_no_explanation,
                a_correction_has_an_explanation_of_its_own,
                an_explanation_goes_with_its_figure,
                grounds_that_moved_are_told,
                of_many_that_rest_on_each_other_one_is_stored,
                a_unit_is_held_until_its_transaction_ends,
            ],
            audit: [
                records_are_chained_without_gaps,
                one_transaction_appends_several,
                a_rolled_back_record_leaves_no_gap,
                records_are_paged_in_order,
                the_chain_goes_on_after_a_restart,
                concurrent_records_are_one_chain,
            ],
            concurrency: [
                of_32_racing_for_the_same_figures_one_wins,
                overlapping_submissions_are_whole_or_refused,
                of_32_corrections_of_one_version_one_wins,
                tasks_of_many_units_all_get_through,
                readers_see_submissions_whole,
                cancelled_writers_among_others_do_no_harm,
            ],
            corrections: [
                a_correction_becomes_the_current_version,
                every_version_stays_oldest_first,
                a_single_version_is_listed,
                a_version_that_is_not_the_next_is_a_conflict,
                a_correction_of_nothing_is_a_conflict,
                one_wrong_version_undoes_the_whole_correction,
                many_figures_are_corrected_at_once,
                a_corrected_figure_is_still_held,
                a_transaction_sees_its_correction,
                a_corrected_figure_may_change_its_kind,
            ],
            decisions: [
                a_decision_reads_back_whole,
                a_number_that_is_taken_is_a_conflict,
                a_decision_is_undone_once,
                a_disputed_decision_is_upheld_once,
                decisions_get_other_keys,
                the_settlement_rises_with_its_transaction,
            ],
            durability: [
                everything_survives_a_reopen,
                figures_are_held_after_a_reopen,
                an_open_transaction_does_not_survive,
                a_store_opens_and_closes_often,
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
            moves: [
                figures_go_with_the_field_they_were_typed_through,
                all_versions_go_along,
                what_is_held_already_is_set_aside_and_nothing_is_overwritten,
                moving_back_restores_every_row,
                elements_may_change_places,
                of_several_that_come_one_takes_the_place,
                a_figure_set_aside_takes_a_place_that_became_free,
                a_moved_figure_is_held,
                a_moved_figure_is_corrected_under_its_new_element,
                the_bureau_chooses_and_the_other_stays_whole,
                a_choice_goes_with_the_merge,
                receipts_fit_wherever_figures_are_kept,
                fields_that_typed_nothing_move_nothing,
                every_typed_field_is_listed_once,
            ],
            protection: [
                receipts_stay_and_stand,
                observations_stay,
                replaced_versions_stay_and_stand,
                the_audit_trail_stays_and_stands,
            ],
            receipts: [
                a_receipt_is_found_by_its_id,
                a_correction_has_a_receipt,
                receipts_are_paged_newest_first,
                a_unit_without_receipts_has_none,
                a_page_before_an_unknown_receipt_is_empty,
                a_receipt_id_serves_once,
            ],
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
            submissions: [
                a_submission_is_stored_whole_and_survives_a_reopen,
                a_request_that_was_answered_gets_that_answer,
                a_submission_of_held_figures_stores_nothing_and_names_them,
                a_submission_under_another_settlement_is_outdated,
                a_taken_receipt_id_is_a_conflict,
                one_that_cannot_be_stored_does_not_hurt_those_beside_it,
                of_32_submissions_of_one_request_one_is_stored,
                submissions_that_nobody_waits_for_do_no_harm,
                submissions_and_transactions_are_one_chain,
                a_submission_waits_for_a_transaction_and_sees_it,
                far_more_submissions_than_fit_one_commit_get_through,
                a_closed_store_takes_no_submissions,
                a_lost_acknowledgement_loses_nothing_else,
            ],
            registry_generation: [
                forms_and_units_raise_it,
                everything_else_leaves_it,
                what_is_rolled_back_leaves_it,
                the_lock_answers_with_the_generation_before,
                registrations_are_one_after_the_other,
                changes_say_what_came_after,
                many_changes_come_in_parts,
                a_registration_cancelled_anywhere_is_told_or_did_not_happen,
            ],
            templates: [
                a_form_reads_back_whole,
                the_newest_version_is_the_default,
                an_unknown_form_or_version_is_none,
                a_version_that_exists_is_a_conflict,
                newest_versions_are_paged_by_form,
                a_transaction_sees_its_version,
                the_largest_form_is_kept,
                a_form_without_fields_reads_back,
            ],
            tokens: [
                a_token_is_found_by_its_digest,
                every_role_and_scope_reads_back,
                ended_and_revoked_tokens_are_found,
                a_second_token_replaces_the_first,
                tokens_come_by_account,
                a_digest_of_another_account_is_a_conflict,
            ],
            transactions: [
                a_committed_transaction_is_seen_whole,
                a_dropped_transaction_leaves_nothing,
                an_error_in_the_work_leaves_nothing,
                a_failed_call_forbids_the_commit,
                a_future_cancelled_anywhere_leaves_all_or_nothing,
                a_cancelled_call_forbids_the_commit,
                reads_do_not_wait_for_the_writer,
                a_conflict_is_tried_again,
                conflicts_without_end_are_handed_on,
                other_errors_are_not_tried_again,
                a_closed_store_answers_unavailable,
                close_waits_for_the_writer,
            ],
            verification: [
                an_empty_store_fits,
                what_was_left_alone_fits,
                a_changed_figure_is_found,
                a_changed_old_version_is_found,
                a_lost_figure_is_found,
                a_lost_old_version_is_found,
                a_figure_moved_to_another_unit_is_found,
                a_figure_moved_to_another_period_is_found,
                a_changed_receipt_is_found,
                a_lost_receipt_is_found,
                a_figure_that_does_not_read_back_is_found,
                figures_of_units_that_are_not_registered_are_found,
                a_changed_audit_record_is_found,
                a_rehashed_audit_record_is_found,
                a_lost_audit_record_is_found,
                a_lost_first_audit_record_is_found,
                a_lost_newest_audit_record_shows_in_the_head,
                a_store_in_use_fits,
            ],
            wrappers: [
                a_fault_before_a_call_prevents_it,
                a_fault_after_a_commit_loses_the_acknowledgement_only,
                a_planned_conflict_is_tried_again,
                a_fault_waits_for_its_call,
                measuring_changes_no_answer,
            ],
        });
    };
}

conformance!(sqlite, crate::store::fixture::SqliteBackend);
conformance!(postgres, crate::store::fixture::PostgresBackend);
run_on!(sqlite_alone, crate::store::fixture::SqliteBackend, {
    one_writer: [a_writer_that_gave_up_waiting_does_not_block_others, writers_wait_for_their_turn],
});
run_on!(postgres_alone, crate::store::fixture::PostgresBackend, {
    several_servers: [
        of_32_over_two_servers_one_wins,
        overlapping_submissions_over_two_servers_are_whole_or_refused,
        one_correction_over_two_servers_wins,
        the_audit_trail_of_two_servers_is_one_chain,
        a_request_repeated_on_another_server_has_its_answer,
        numbers_of_units_and_fields_are_shared,
        what_one_registers_the_other_sees,
        registrations_of_two_servers_are_one_after_the_other,
        many_servers_bring_one_database_up_to_date,
        writers_of_other_figures_do_not_wait,
        a_writer_of_the_same_figures_waits_and_is_told,
        a_deadlock_is_a_conflict,
        waiting_too_long_is_a_conflict,
        a_statement_that_takes_too_long_is_unavailable,
        a_transaction_that_rests_too_long_is_undone,
        no_free_connection_is_unavailable,
        a_lost_connection_is_unavailable_and_the_next_serves,
        a_database_that_is_not_there_is_unavailable,
        a_database_from_a_newer_program_is_refused,
    ],
});
