// A table of one row: its form stands on the page.
import type { Row } from '../api';
import { useTable } from '../data';
import { RowForm } from '../form/RowForm';
import { useEdit } from '../form/useEdit';
import { mayWrite, type Form } from '../forms';
import { t } from '../text';
import { Failed, PageHead, Skeleton } from '../ui/bits';
import { toast } from '../ui/toast';

/* what is done elsewhere, by more than a tick */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = { route_settings: ['kill_switch'] };

function Settings({ form, row, seq, title, saved }: { form: Form; row: Row; seq: number; title: string; saved: () => void }) {
	const may = mayWrite(form.name);
	const e = useEdit(form, row, seq, () => {
		toast(t('saved', { key: title }));
		saved();
	});

	return <form class="card settings" noValidate onSubmit={ev => { ev.preventDefault(); void e.save(); }}>
		<div class="fields">
			<RowForm form={form} editing={e} readonly={!may} without={ELSEWHERE[form.name]} />
		</div>
		{may && <footer>
			<span class="muted sm grow">{t(e.dirty ? 'form.dirty' : 'form.clean')}</span>
			<button class="primary" disabled={e.busy || !e.dirty}>{t(e.busy ? 'saving' : 'save')}</button>
		</footer>}
	</form>;
}

export function SettingsPage({ form, title }: { form: Form; title: string }) {
	const data = useTable<Row>(form.owner, form.name), row = data.rows[0];

	return <>
		<PageHead title={title} />
		<p class="lead">{form.doc.replace(/: one row.*$/, '.')}</p>
		{data.error && <Failed error={data.error} at={data.at} retry={data.reload} />}
		{row ? <Settings form={form} row={row} seq={data.seq} title={title} saved={data.reload} /> : <Skeleton />}
	</>;
}
