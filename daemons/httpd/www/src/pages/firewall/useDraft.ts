// The packet filter as the box has it, and as it is being changed on this page.
import { useState } from 'preact/hooks';
import type { CommonRule, Firewall } from 'schema/types';
import { api, asError, tablePath, type ApiError } from '../../api';
import { useTable } from '../../data';
import { count, steps, type Draft, type Step, type Wall } from './draft';

export interface Editing {
	wall?: Wall;
	draft?: Draft;
	changes: number;
	error?: ApiError;
	at: number;
	change: (fn: (w: Wall) => Wall) => void;
	drop: () => void;
	reload: () => void;
}

export function useDraft(): Editing {
	const general = useTable<Firewall>('fwd', 'firewall'), rules = useTable<CommonRule>('fwd', 'common_rule');
	const [draft, setDraft] = useState<Draft>(), row = general.rows[0];
	const base: Wall | undefined = row && rules.ready ? { general: row, rules: rules.rows } : undefined;
	const changes = draft ? count(draft) : 0;

	return {
		wall: draft ? draft.to : base, draft, changes, error: general.error ?? rules.error, at: general.at,
		change: fn => setDraft(d => {
			const from = d?.from ?? base;

			if (!from)
				return d;
			const next = { from, to: fn(d?.to ?? from) };

			return count(next) ? next : undefined;
		}),
		drop: () => setDraft(undefined),
		reload: () => {
			general.reload();
			rules.reload();
		},
	};
}

function carry(step: Step, force: boolean): Promise<unknown> {
	const rules = tablePath('fwd', 'common_rule');

	if (step.what === 'rules')
		return api('POST', `${rules}/_apply`, { rows: step.ops });
	if (step.what === 'move')
		return api('POST', `${rules}/_move`, { key: step.key, position: step.position });
	return api('PATCH', `${tablePath('fwd', 'firewall', 'general')}${force ? '?force=1' : ''}`, step.row);
}

/** What a step of several was refused for; whether something before it is on trial now. */
export interface Refusal { error: ApiError; begun: boolean; general: boolean }

/** Puts a draft on trial, step by step. Answers where it was refused. */
export async function tryDraft(draft: Draft, force: boolean): Promise<Refusal | undefined> {
	let begun = false;

	for (const step of steps(draft)) {
		try {
			await carry(step, force);
			begun = true;
		} catch (e) {
			return { error: asError(e), begun, general: step.what === 'general' };
		}
	}
	return undefined;
}
