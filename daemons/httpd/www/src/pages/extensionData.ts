// Extensions together with where their phones are and whether they talk.
import type { Binding, Call, Extension } from 'schema/types';
import type { ApiError } from '../api';
import { useTable } from '../data';

export type State = 'call' | 'registered' | 'away' | 'off';

export interface Phone {
	number: string;
	name: string;
	row: Extension;
	state: State;
	bindings: Binding[];
	/** A phone still signs in with the password before this one. */
	old: boolean;
}

interface Phones { phones: Phone[]; seq: number; ready: boolean; at: number; error?: ApiError; reload: () => void }

function stateOf(e: Extension, bindings: Binding[], talking: Set<string>): State {
	if (!e.enabled)
		return 'off';
	if (talking.has(e.number))
		return 'call';
	return bindings.length ? 'registered' : 'away';
}

export function usePhones(): Phones {
	const extensions = useTable<Extension>('sipd', 'extension');
	const bindings = useTable<Binding>('sipd', 'binding', 'binding'), calls = useTable<Call>('sipd', 'call', 'call');
	const talking = new Set(calls.rows.flatMap(c => [c.caller, c.callee])), by = new Map<string, Binding[]>();

	for (const b of bindings.rows)
		by.set(b.extension, [...(by.get(b.extension) ?? []), b]);
	const phones = extensions.rows.map((row): Phone => {
		const mine = by.get(row.number) ?? [];

		return { number: row.number, name: row.name, row, bindings: mine, state: stateOf(row, mine, talking), old: mine.some(b => b.old_secret) };
	});

	return { ...extensions, phones };
}
