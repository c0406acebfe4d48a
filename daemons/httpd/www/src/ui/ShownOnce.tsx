// Passwords just made: seen this one time, to copy, save or print.
import { t, tn } from '../text';
import { CopyButton } from './bits';
import { Dialog } from './Dialog';

export interface Made { who: string; name?: string; secret: string }

const cell = (s: string) => {
	/* a spreadsheet must not take a name for a formula */
	const safe = /^[=+\-@\t\r]/.test(s) ? `'${s}` : s;

	return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

function save(made: readonly Made[]): void {
	const lines = ['number,name,password', ...made.map(m => `${m.who},${cell(m.name ?? '')},"${m.secret.replaceAll('"', '""')}"`)];
	const a = document.createElement('a');

	a.href = URL.createObjectURL(new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv' }));
	a.download = 'passwords.csv';
	a.click();
	URL.revokeObjectURL(a.href);
}

export function ShownOnce({ title, hint, made, onClose }: { title: string; hint?: string; made: readonly Made[]; onClose: () => void }) {
	const all = made.map(m => `${m.who}\t${m.secret}`).join('\n');

	return <Dialog title={title} onClose={onClose} onSubmit={onClose} footer={close => <>
		{made.length > 1 && <>
			<button type="button" onClick={() => save(made)}>{t('once.save')}</button>
			<button type="button" onClick={() => print()}>{t('once.print')}</button>
			<CopyButton text={all} label={t('once.all')} />
		</>}
		<span class="grow" />
		<button type="button" class="primary" onClick={close}>{t('once.done')}</button>
	</>}>
		<p class="banner warn">{tn('once.warn', made.length)}</p>
		{hint && <p class="muted">{hint}</p>}
		<ul class="once">{made.map(m => <li key={m.who}>
			<b class="num">{m.who}</b>
			<code class="secret">{m.secret}</code>
			<CopyButton text={m.secret} label={t('once.of', { who: m.who })} />
		</li>)}</ul>
	</Dialog>;
}
