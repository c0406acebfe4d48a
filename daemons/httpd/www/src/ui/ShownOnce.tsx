// Passwords or PINs just made: seen this one time, to copy, save or print.
import { csvLine, exactCell, saveFile } from '../csv';
import { t, tn } from '../text';
import { CopyButton } from './bits';
import { Dialog } from './Dialog';

export interface Made { who: string; name?: string; secret: string }

export type What = 'password' | 'pin';

export const onceTitle = (made: readonly Made[], what: What = 'password'): string =>
	made.length === 1 ? t(`once.${what}`, { who: made[0]!.who }) : tn(`once.${what}s`, made.length);

const save = (made: readonly Made[], what: What): void => saveFile(`${what}s.csv`, csvLine([what === 'pin' ? 'name' : 'number', what === 'pin' ? 'holder' : 'name', what])
	+ made.map(m => csvLine([m.who, m.name ?? '']).replace(/\r\n$/, `,${exactCell(m.secret)}\r\n`)).join(''));

interface Props { title?: string; hint?: string; made: readonly Made[]; what?: What; onClose: () => void }

export function ShownOnce({ title, hint, made, what = 'password', onClose }: Props) {
	const all = made.map(m => `${m.who}\t${m.secret}`).join('\n');

	return <Dialog title={title ?? onceTitle(made, what)} onClose={onClose} onSubmit={onClose} footer={close => <>
		{made.length > 1 && <>
			<button type="button" onClick={() => save(made, what)}>{t('once.save')}</button>
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
			{m.name && <span class="muted sm">{m.name}</span>}
			<code class="secret">{m.secret}</code>
			<CopyButton text={m.secret} label={t('once.of', { who: m.who })} />
		</li>)}</ul>
	</Dialog>;
}
