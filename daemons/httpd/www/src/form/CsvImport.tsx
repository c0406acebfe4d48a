// A list out of a file: what the file would do is shown before it does it.
import { useState } from 'preact/hooks';
import { asError } from '../api';
import { fieldOf, type Form } from '../forms';
import { t, tn } from '../text';
import { Alert } from '../ui/bits';
import { Dialog } from '../ui/Dialog';
import { toast } from '../ui/toast';
import type { CsvProps } from './Csv';
import { carryOut, planOf, type Plan } from './rowsCsv';

/* so many are read by a person */
const SHOWN = 50;

function Findings({ form, plan }: { form: Form; plan: Plan }) {
	return <>
		<ul class="counts">
			<li>{tn('csv.new', plan.fresh)}</li>
			<li>{tn('csv.changed', plan.changed)}</li>
			<li>{tn('csv.same', plan.same)}</li>
			<li class={plan.wrong.length ? 'bad' : ''}>{tn('csv.wrong', plan.wrong.length)}</li>
		</ul>
		{plan.wrong.length > 0 && <ul class="wrong">{plan.wrong.slice(0, SHOWN).map(w => <li key={`${w.line} ${w.field}`}>
			<b>{t('csv.line', { line: w.line })}</b> {fieldOf(form, w.field)?.label ?? w.field}: {w.message}
		</li>)}
			{plan.wrong.length > SHOWN && <li>{t('csv.more', { n: plan.wrong.length - SHOWN })}</li>}
		</ul>}
	</>;
}

export function CsvImport({ form, rows, onDone, onClose }: CsvProps & { onClose: () => void }) {
	const [plan, setPlan] = useState<Plan>(), [error, setError] = useState(''), [busy, setBusy] = useState(false), [skip, setSkip] = useState(false);
	const left = plan ? plan.ops.filter(o => !plan.wrong.some(w => w.line === o.line)).length : 0;
	const ready = !!plan && left > 0 && (plan.wrong.length === 0 || skip);

	async function read(file: File | undefined): Promise<void> {
		setPlan(undefined);
		setError('');
		setSkip(false);
		if (!file)
			return;
		setBusy(true);
		try {
			const p = await planOf(form, await file.text(), rows);

			if (typeof p === 'string')
				setError(p);
			else
				setPlan(p);
		} catch (e) {
			setError(asError(e).message);
		}
		setBusy(false);
	}

	async function go(): Promise<void> {
		if (!ready || busy)
			return;
		setBusy(true);
		try {
			const made = await carryOut(form, plan), secret = form.fields.find(f => f.type === 'secret')?.name ?? '';

			toast(tn('csv.done', left));
			onClose();
			onDone(Object.entries(made).flatMap(([who, m]) => m[secret] ? [{ who, secret: m[secret] }] : []));
		} catch (e) {
			setError(asError(e).message);
			setBusy(false);
		}
	}

	return <Dialog title={t('csv.title', { what: form.title })} onClose={onClose} onSubmit={() => { void go(); }} footer={close => <>
		<span class="muted sm grow" role="status">{busy ? t('csv.busy') : ''}</span>
		<button type="button" onClick={close}>{t('cancel')}</button>
		<button class="primary" disabled={!ready || busy}>{t('csv.do')}</button>
	</>}>
		<p class="sm muted">{t('csv.help', { key: form.key, columns: form.fields.filter(f => !f.readonly).map(f => f.name).join(', ') })}</p>
		<div class="field">
			<label for="csv-file">{t('csv.file')}</label>
			<input id="csv-file" type="file" accept=".csv,text/csv,text/plain" onChange={e => { void read(e.currentTarget.files?.[0]); }} />
		</div>
		{error && <Alert>{error}</Alert>}
		{plan && <Findings form={form} plan={plan} />}
		{plan && plan.wrong.length > 0 && left > 0 && <label class="radio">
			<input type="checkbox" checked={skip} onChange={e => setSkip(e.currentTarget.checked)} />{t('csv.skip')}
		</label>}
	</Dialog>;
}
