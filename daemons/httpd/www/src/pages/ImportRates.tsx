// A provider's price list out of a file: looked at by the box first, then taken
// whole or not at all.
import { useState } from 'preact/hooks';
import { api, asError, type Row } from '../api';
import type { Data } from '../data';
import { t, tn } from '../text';
import { Alert } from '../ui/bits';
import { Dialog } from '../ui/Dialog';
import { toast } from '../ui/toast';

interface Note { line: number; column: string; what: string; new: number; changed: number; same: number; gone: number; wrong: number; done: boolean }

/* bytes of one part; the box takes a little more */
const PART = 60000, SHOWN = 50;

/** Whole lines, as many as fit. */
function parts(text: string): string[] {
	const out: string[] = [], bytes = new TextEncoder();
	let part = '', size = 0;

	for (const line of text.replaceAll('\r\n', '\n').split('\n')) {
		const n = bytes.encode(line).length + 1;

		if (part && size + n > PART) {
			out.push(part);
			part = '';
			size = 0;
		}
		part += `${line}\n`;
		size += n;
	}
	return [...out, part];
}

/** Sends all parts; the last one's answer has what came of it. */
async function send(list: string, text: string, dry_run: boolean): Promise<Note[]> {
	const all = parts(text);
	let notes: Note[] = [];

	for (const [part, csv] of all.entries())
		notes = (await api<{ rows: Note[] }>('POST', '/methods/routed/ImportRates', { list, csv, dry_run, part, more: part < all.length - 1 })).rows;
	return notes;
}

function Findings({ notes }: { notes: readonly Note[] }) {
	const sum = notes.find(n => n.line === 0), wrong = notes.filter(n => n.line > 0);

	return <>
		{sum && <ul class="counts">
			<li>{tn('csv.new', sum.new)}</li>
			<li>{tn('csv.changed', sum.changed)}</li>
			<li>{tn('csv.same', sum.same)}</li>
			<li>{tn('rates.gone', sum.gone)}</li>
			<li class={sum.wrong ? 'bad' : ''}>{tn('csv.wrong', sum.wrong)}</li>
		</ul>}
		{wrong.length > 0 && <ul class="wrong">{wrong.slice(0, SHOWN).map(w => <li key={`${w.line} ${w.column} ${w.what}`}>
			<b>{t('csv.line', { line: w.line })}</b> {w.column && `${w.column}: `}{w.what}
		</li>)}</ul>}
	</>;
}

export function ImportRates({ data, onClose }: { data: Data<Row>; onClose: () => void }) {
	const lists = [...new Set(data.rows.map(r => String(r['id']).split('/')[0]!))];
	const [list, setList] = useState(lists[0] ?? ''), [text, setText] = useState(''), [notes, setNotes] = useState<Note[]>();
	const [error, setError] = useState(''), [busy, setBusy] = useState(false);
	const sum = notes?.find(n => n.line === 0), ready = !!sum && sum.wrong === 0 && !busy;

	async function run(dry: boolean, name: string, csv: string): Promise<void> {
		if (!name || !csv)
			return;
		setBusy(true);
		setError('');
		try {
			const answer = await send(name, csv, dry);

			setNotes(answer);
			if (!dry && answer.find(n => n.line === 0)?.done) {
				toast(t('rates.done', { list: name }));
				data.reload();
				onClose();
			}
		} catch (e) {
			setNotes(undefined);
			setError(asError(e).message);
		}
		setBusy(false);
	}
	const look = (name: string, csv: string) => {
		setNotes(undefined);
		void run(true, name, csv);
	};

	return <Dialog title={t('rates.import')} onClose={onClose} onSubmit={() => { if (ready) void run(false, list, text); }} footer={close => <>
		<span class="muted sm grow" role="status">{busy ? t('csv.busy') : ''}</span>
		<button type="button" onClick={close}>{t('cancel')}</button>
		<button class="primary" disabled={!ready}>{t('csv.do')}</button>
	</>}>
		<p class="sm muted">{t('rates.help')}</p>
		<div class="field">
			<label for="rates-list">{t('rates.list')}</label>
			<input id="rates-list" list="rates-lists" autocomplete="off" spellcheck={false} value={list} onInput={e => { setList(e.currentTarget.value); setNotes(undefined); }}
				onBlur={() => { if (!notes) look(list, text); }} />
			<datalist id="rates-lists">{lists.map(l => <option key={l} value={l} />)}</datalist>
		</div>
		<div class="field">
			<label for="rates-file">{t('csv.file')}</label>
			<input id="rates-file" type="file" accept=".csv,text/csv,text/plain" onChange={e => {
				void e.currentTarget.files?.[0]?.text().then(csv => {
					setText(csv);
					look(list, csv);
				});
			}} />
		</div>
		{error && <Alert>{error}</Alert>}
		{notes && <Findings notes={notes} />}
	</Dialog>;
}
