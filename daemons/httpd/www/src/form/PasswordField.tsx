// A password one can see, have made, and know the strength of while typing.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { makePassword, strength } from '../password';
import { t, type MsgId } from '../text';

interface Props {
	id: string;
	label: string;
	help?: ComponentChildren;
	error?: string;
	value: string;
	/** What it must not contain. */
	words?: readonly string[];
	/** The meter and "Make one": for new passwords. */
	fresh?: boolean;
	optional?: boolean;
	onInput: (value: string) => void;
}

export function PasswordField({ id, label, help, error, value, words, fresh, optional, onInput }: Props) {
	const [show, setShow] = useState(false), s = strength(value, words);
	const about = [help && `${id}-h`, fresh && `${id}-s`, error && `${id}-e`].filter(Boolean).join(' ') || undefined;
	const word = t(`strength.${s.score}` as MsgId);

	return <div class="field">
		<label for={id}>{label}{optional && <span class="muted sm"> {t('optional')}</span>}</label>
		{help && <div class="help" id={`${id}-h`}>{help}</div>}
		<div class="inrow">
			<input id={id} name={id} type={(show ? 'text' : 'password') as 'text'} class="mono" value={value} spellcheck={false}
				autocomplete={fresh ? 'new-password' : 'current-password'} aria-describedby={about}
				aria-invalid={error ? true : undefined} onInput={e => onInput(e.currentTarget.value)} />
			<button type="button" aria-pressed={show} onClick={() => setShow(!show)}>{t(show ? 'hide' : 'show')}</button>
			{fresh && <button type="button" onClick={() => { onInput(makePassword()); setShow(true); }}>{t('make')}</button>}
		</div>
		{fresh && <>
			<div class="meter" data-score={s.score} aria-hidden="true"><i /><i /><i /><i /></div>
			<div class="help" id={`${id}-s`} role="status">{value ? `${word}${s.why && `: ${s.why}`}` : ''}</div>
		</>}
		{error && <div class="err" id={`${id}-e`}>{error}</div>}
	</div>;
}
