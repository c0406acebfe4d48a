// Name and password. What is wrong with which of them is never said.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, asError, login, type Login } from '../api';
import { PasswordField } from '../form/PasswordField';
import { t } from '../text';
import { Alert, Logo } from '../ui/bits';
import { handOver, notice } from './gate';

export function SignIn() {
	const [name, setName] = useState(notice.value?.name ?? ''), [password, setPassword] = useState('');
	const [error, setError] = useState(''), [busy, setBusy] = useState(false);
	const first = useRef<HTMLInputElement>(null);

	useEffect(() => {
		document.title = t('title', { page: t('signin') });
		if (name)
			document.getElementById('password')?.focus();
		else
			first.current?.focus();
	}, []);

	async function submit(e: Event): Promise<void> {
		e.preventDefault();
		setBusy(true);
		setError('');
		try {
			const l = await api<Login>('POST', '/session', { name, password });

			/* the first sign-in sets a password: it is not asked for twice */
			handOver.password = l.must_change ? password : '';
			notice.value = null;
			login.value = l;
		} catch (x) {
			const err = asError(x);

			setError(err.code === 'Offline' ? t('signin.silence') : err.message);
			setPassword('');
			setBusy(false);
			document.getElementById('password')?.focus();
		}
	}

	return <main class="gate">
		<div class="gate-brand"><Logo />Sallyport</div>
		<form class="card gate-card" noValidate onSubmit={e => { void submit(e); }}>
			<h1>{t('signin')}</h1>
			{notice.value && !error && <p class="banner ok" role="status">{notice.value.text}</p>}
			{error && <Alert>{error}</Alert>}
			<div class="field">
				<label for="name">{t('signin.name')}</label>
				<input id="name" ref={first} autocomplete="username" autocapitalize="none" spellcheck={false} value={name}
					onInput={e => setName(e.currentTarget.value)} />
			</div>
			<PasswordField id="password" label={t('signin.password')} value={password} onInput={setPassword} />
			<button class="primary big" disabled={busy || !name || !password}>{t(busy ? 'signin.busy' : 'signin')}</button>
		</form>
		<p class="muted sm">{t('signin.help')}</p>
	</main>;
}
