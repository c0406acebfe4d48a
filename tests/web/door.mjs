// From the printed password to a session of one's own. These run always: all
// the others need them.
import { assert, env, equal, look } from './stage.mjs';
import { answered, fill, heading, known, OWN, signIn } from './hands.mjs';

export const door = {
	async 'sign-in page'({ page }) {
		const answer = await page.goto('/');

		assert(/trusted-types 'none'/.test(answer.headers()['content-security-policy']), 'trusted types are required');
		await heading(page, 'Sign in');
		await look(page, 'signin');
	},

	async 'wrong password'({ page }) {
		await signIn(page, env.ADMIN, 'not this one');
		await page.getByRole('alert').filter({ hasText: 'Name or password is wrong.' }).waitFor();
		await look(page, 'signin-wrong');
	},

	async 'first sign-in sets a password'({ page }) {
		await signIn(page, env.ADMIN, env.PASSWORD);
		await heading(page, 'Set your password');
		await page.getByLabel('New password').fill('password1');
		await page.getByText('Weak:').waitFor();
		await look(page, 'password-first');
		known.name = `admin${await page.getByLabel('Name to sign in with').inputValue()}`;
		assert(/^admin[A-Za-z0-9]{4}$/.test(known.name), `a suffix is proposed: ${known.name}`);
		await page.getByLabel('New password').fill(OWN);
		await page.getByText('Strong', { exact: true }).waitFor();
		await page.getByRole('button', { name: 'Set password' }).click();
		await page.getByRole('status').filter({ hasText: 'The password is set' }).waitFor();
	},

	async 'the first password is dead'({ page }) {
		await signIn(page, env.ADMIN, env.PASSWORD);
		await page.getByRole('alert').filter({ hasText: 'Name or password is wrong.' }).waitFor();
		await signIn(page, known.name, OWN);
		await heading(page, 'Status');
	},
};

export const leaving = {
	async 'sign out'({ page }) {
		await page.locator('.user summary').click();
		await look(page, 'user-menu');
		const gone = answered(page, '/session', 'DELETE');

		await page.getByRole('button', { name: 'Sign out' }).click();
		await gone;
		await heading(page, 'Sign in');
		equal(await page.evaluate(async () => (await fetch('/api/v1/tables')).status), 401, 'after signing out');
	},
};
