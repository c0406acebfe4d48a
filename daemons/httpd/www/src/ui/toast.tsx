// One short word at the foot of the page, with one way back where there is one.
import { signal } from '@preact/signals';
import { t } from '../text';

interface Note { text: string; undo?: () => void }

const SHOWN_MS = 8000;
const note = signal<Note | null>(null);
const timer = { id: 0 as unknown as ReturnType<typeof setTimeout> };

export function toast(text: string, undo?: () => void): void {
	clearTimeout(timer.id);
	note.value = { text, undo };
	timer.id = setTimeout(() => { note.value = null; }, SHOWN_MS);
}

export function Toast() {
	const n = note.value;
	const undo = () => { note.value = null; n?.undo?.(); };

	return <div class="toast-place" role="status">
		{n && <div class="toast">
			<span>{n.text}</span>
			{n.undo && <button onClick={undo}>{t('undo')}</button>}
			<button class="icon" aria-label={t('close')} onClick={() => { note.value = null; }}>×</button>
		</div>}
	</div>;
}
