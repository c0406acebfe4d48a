// A row being edited: what was typed, what is wrong with it, how it is saved.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { api, asError, get, tablePath, type Row, type Saved } from '../api';
import { fieldOf, type Form } from '../forms';
import { consent } from './consent';
import { changes, check, editOf, type Edit, type Errors } from './values';

/* what may be wrong in more ways than the page knows */
const CHECKED = new Set(['str', 'list', 'name']);

/** Somebody else saved the same row meanwhile. */
export interface Conflict { row: Row; seq: number; fields: string[] }

export interface Editing {
	edit: Edit;
	errors: Errors;
	/** A refusal that is no field's fault. */
	failed: string;
	dirty: boolean;
	busy: boolean;
	conflict?: Conflict;
	/** Asked before it is saved; "": nothing. */
	asked: string;
	accept: () => void;
	set: (name: string, v: string | boolean) => void;
	blur: (name: string) => void;
	save: (keepMine?: boolean) => Promise<void>;
	takeTheirs: () => void;
}

const same = (a: Row, b: Row, names: string[]) => names.filter(n => a[n] !== b[n]);

/** Where a save goes, when not to the box at once. */
export type Send = (body: Row, was: Row | undefined) => Promise<Saved>;

export function useEdit(form: Form, row: Row | undefined, seq: number, onSaved: (s: Saved, was: Row, now: Row) => void, send?: Send,
	preset?: Edit): Editing {
	const [base, setBase] = useState({ row, seq }), start = editOf(form, base.row);
	const [edit, setEdit] = useState<Edit>({ ...start, ...preset }), [wrong, setWrong] = useState<Errors>({}), [failed, setFailed] = useState('');
	const [busy, setBusy] = useState(false), [conflict, setConflict] = useState<Conflict>();
	const [asked, setAsked] = useState({ text: '', keepMine: false });
	const dirty = Object.keys(edit).some(k => edit[k] !== start[k]);
	const key = String(base.row ? base.row[form.key] : edit[form.key]), alive = useRef(true);

	const rebase = (r: Row | undefined, at: number) => {
		setBase({ row: r, seq: at });
		setEdit(editOf(form, r));
	};

	useEffect(() => () => { alive.current = false; }, []);
	/* what nobody is typing in follows the box; at once, or a key pressed between would be lost */
	useLayoutEffect(() => { if (row && !dirty) rebase(row, seq); }, [row, seq]);

	const refused = (e: unknown) => {
		const err = asError(e), f = err.field ? fieldOf(form, err.field) : undefined;

		if (f && edit[f.name] !== undefined)
			setWrong(w => ({ ...w, [f.name]: err.message }));
		else
			setFailed(err.message);
	};

	const put = (body: Row, at: number) => send ? send(body, base.row) : base.row
		? api<Saved>('PATCH', tablePath(form.owner, form.name, key), body, at)
		: api<Saved>('POST', tablePath(form.owner, form.name), body);

	/* The table changed: was it this row? Another one is no matter. */
	async function again(body: Row): Promise<Saved | undefined> {
		const now = await get<{ seq: number; row: Row }>(tablePath(form.owner, form.name, key));
		const fields = same(base.row!, now.row, form.fields.map(f => f.name));

		if (!fields.length)
			return put(body, now.seq);
		setConflict({ row: now.row, seq: now.seq, fields });
		return undefined;
	}

	async function save(keepMine = false, accepted = false): Promise<void> {
		const bad = check(form, edit), body = changes(form, edit, base.row && start);

		setFailed('');
		setWrong(bad);
		if (Object.keys(bad).length || busy)
			return;
		setBusy(true);
		setAsked({ text: '', keepMine });
		try {
			const text = accepted ? '' : await consent(form.name, { ...base.row, ...body }, base.row);

			if (text) {
				setAsked({ text, keepMine });
				return;
			}
			const saved = await put(body, keepMine && conflict ? conflict.seq : base.seq)
				.catch(e => (asError(e).code === 'Changed' && base.row ? again(body) : Promise.reject(e)));

			if (!saved)
				return;
			onSaved(saved, base.row ?? {}, body);
			if (base.row && alive.current)
				rebase({ ...base.row, ...body }, saved.seq);
		} catch (e) {
			refused(e);
		} finally {
			if (alive.current)
				setBusy(false);
		}
	}

	/* Leaving a field: the box says at once what it would refuse. */
	function blur(name: string): void {
		const f = fieldOf(form, name), body = changes(form, edit, base.row && start);

		if (!f || !CHECKED.has(f.type) || body[name] === undefined || body[name] === '')
			return;
		void api('POST', `${tablePath(form.owner, form.name)}/_check`, { key: key || 'new', row: body }).catch(e => {
			const err = asError(e);

			if (alive.current && err.field === name)
				setWrong(w => ({ ...w, [name]: err.message }));
		});
	}

	return {
		edit, errors: wrong, failed, dirty, busy, conflict, blur, save, asked: asked.text,
		accept: () => { void save(asked.keepMine, true); },
		set: (name, v) => {
			setEdit(o => ({ ...o, [name]: v }));
			setAsked({ text: '', keepMine: false });
			setWrong(({ [name]: _, ...rest }) => rest);
		},
		takeTheirs: () => {
			if (!conflict)
				return;
			rebase(conflict.row, conflict.seq);
			setConflict(undefined);
		},
	};
}
