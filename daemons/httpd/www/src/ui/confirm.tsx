// "Do you mean it?" in the page's own words; more than ten things are typed.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { asError } from '../api';
import { t } from '../text';
import { Dialog } from './Dialog';
import { Alert } from './bits';

interface Props {
	title: string;
	text: string;
	/** What the button says: the deed itself. */
	action: string;
	/** A word that must be typed first. */
	typed?: string;
	danger?: boolean;
	/** What follows from it, under the text. */
	children?: ComponentChildren;
	onYes: () => Promise<void>;
	onClose: () => void;
}

export function Confirm({ title, text, action, typed, danger, children, onYes, onClose }: Props) {
	const [word, setWord] = useState(''), [busy, setBusy] = useState(false), [error, setError] = useState('');

	const yes = async () => {
		if (busy || (typed && word !== typed))
			return;
		setBusy(true);
		try {
			await onYes();
			onClose();
		} catch (e) {
			setError(asError(e).message);
			setBusy(false);
		}
	};

	return <Dialog title={title} onClose={onClose} onSubmit={() => { void yes(); }} footer={close => <>
		<button type="button" onClick={close}>{t('cancel')}</button>
		<button class={danger ? 'danger solid' : 'primary'} disabled={busy || (!!typed && word !== typed)}>{action}</button>
	</>}>
		<p>{text}</p>
		{children}
		{typed && <div class="field">
			<label for="confirm-word">{t('confirm.type', { word: typed })}</label>
			<input id="confirm-word" autocomplete="off" value={word} onInput={e => setWord(e.currentTarget.value)} />
		</div>}
		{error && <Alert>{error}</Alert>}
	</Dialog>;
}
