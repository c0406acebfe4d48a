// A new password, and at the first sign-in a name that is not everybody's.
import { useEffect, useState } from 'preact/hooks';
import { api, asError, login } from '../api';
import { PasswordField } from '../form/PasswordField';
import { makeSuffix, strength } from '../password';
import { signOut } from '../Shell';
import { t } from '../text';
import { Alert, Logo, PageHead } from '../ui/bits';
import { handOver, notice } from './gate';

function NameField({ suffix, error, set }: { suffix: string; error: string; set: (s: string) => void }) {
	return <div class="field">
		<label for="suffix">{t('password.name')}</label>
		<div class="help" id="suffix-h">{t('password.name.help')}</div>
		<div class="inrow">
			<span class="prefix mono" id="suffix-p">admin</span>
			<input id="suffix" class="mono" autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={27} value={suffix}
				aria-describedby={`suffix-p suffix-h${error ? ' suffix-e' : ''}`} aria-invalid={error ? true : undefined}
				onInput={e => set(e.currentTarget.value)} />
		</div>
		{error && <div class="err" id="suffix-e">{error}</div>}
	</div>;
}

export function Password({ first }: { first?: boolean }) {
	const account = login.value?.account ?? '', admin = account.startsWith('admin');
	const [current, setCurrent] = useState(handOver.password), [fresh, setFresh] = useState('');
	const [suffix, setSuffix] = useState(first && account === 'admin' ? makeSuffix : account.slice(5));
	const [errors, setErrors] = useState<Record<string, string>>({}), [busy, setBusy] = useState(false);
	const name = admin ? `admin${suffix}` : account, words = [name, account, 'sallyport'];
	const asked = !handOver.password;

	useEffect(() => { document.title = t('title', { page: t('password.change') }); }, []);

	async function submit(e: Event): Promise<void> {
		e.preventDefault();
		if (strength(fresh, words).score < 3) {
			setErrors({ password: t('password.weak') });
			return;
		}
		setBusy(true);
		setErrors({});
		try {
			await api('POST', '/password', { current, password: fresh, ...(name === account ? {} : { name }) });
			handOver.password = '';
			notice.value = { text: t('password.done'), name };
			location.hash = '/';
			login.value = { signed_in: false };
		} catch (x) {
			const err = asError(x);

			setErrors({ [err.field ?? (err.code === 'Credentials' ? 'current' : 'form')]: err.message });
			setBusy(false);
		}
	}

	const form = <form class={`card gate-card ${first ? '' : 'wide'}`} noValidate onSubmit={e => { void submit(e); }}>
		{first && <><h1>{t('password.first')}</h1><p class="muted">{t('password.first.why')}</p></>}
		{errors['form'] && <Alert>{errors['form']}</Alert>}
		{admin && <NameField suffix={suffix} error={errors['name'] ?? ''} set={setSuffix} />}
		{asked && <PasswordField id="current" label={t('password.current')} value={current} error={errors['current']} onInput={setCurrent} />}
		<PasswordField id="fresh" label={t('password.new')} help={t('password.new.help')} value={fresh} words={words} fresh
			error={errors['password']} onInput={v => { setFresh(v); setErrors({}); }} />
		<p class="help">{t('password.ends')}</p>
		<button class="primary big" disabled={busy || !current || !fresh}>{t(busy ? 'saving' : 'password.set')}</button>
		{first && <button type="button" class="ghost" onClick={() => { void signOut(); }}>{t('signout')}</button>}
	</form>;

	if (!first)
		return <><PageHead title={t('password.change')} />{form}</>;
	return <main class="gate"><div class="gate-brand"><Logo />Sallyport</div>{form}</main>;
}
