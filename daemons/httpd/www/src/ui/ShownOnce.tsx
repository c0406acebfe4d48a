// Passwords just made: seen this one time, to copy, save or print.
import { csvLine, exactCell, saveFile } from '../csv';
import { t, tn } from '../text';
import { CopyButton } from './bits';
import { Dialog } from './Dialog';

export interface Made { who: string; name?: string; secret: string }

export const onceTitle = (made: readonly Made[]): string =>
	made.length === 1 ? t('once.title', { who: made[0]!.who }) : tn('once.titles', made.length);

const save = (made: readonly Made[]): void => saveFile('passwords.csv', csvLine(['number', 'name', 'password'])
	+ made.map(m => csvLine([m.who, m.name ?? '']).replace(/\r\n$/, `,${exactCell(m.secret)}\r\n`)).join(''));

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
