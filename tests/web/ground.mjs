// The pages of the ground floor: status, extensions, who is shut out, any table.
import { readFile } from 'node:fs/promises';
import { assert, env, equal, look, world } from './stage.mjs';
import { button, heading, known, menu, row, signIn, toast } from './hands.mjs';

export const ground = {
	async 'status is live'({ page }) {
		await page.locator('.live').getByText('Live', { exact: true }).waitFor();
		for (const daemon of ['sipd', 'mediad', 'routed', 'guardd', 'fwd'])
			await page.locator('.daemons li').filter({ hasText: daemon }).filter({ hasText: 'runs' }).waitFor();
		await page.getByText('Nobody is on the phone.').waitFor();
		await look(page, 'status');
	},

	async 'the menu on a phone'({ page }) {
		await page.setViewportSize({ width: 390, height: 844 });
		await page.getByRole('button', { name: 'Menu' }).click();
		await page.locator('nav.open').waitFor();
		await page.screenshot({ path: `${env.SHOTS}/menu-phone.png` });
		await menu(page, 'Extensions');
		await page.setViewportSize({ width: 1360, height: 900 });
	},

	async 'add an extension, its password is shown once'({ page }) {
		await menu(page, 'Extensions');
		await button(page, 'Add extension').click();
		const drawer = page.getByRole('dialog', { name: 'Add extension' });

		await drawer.getByLabel('Number').fill('820');
		await drawer.getByLabel(/^Name/).fill('Ada Adler');
		await look(page, 'extension-add');
		await drawer.getByRole('button', { name: 'Save' }).click();
		const once = page.getByRole('dialog', { name: 'Password of 820' });

		known.made = (await once.locator('.secret').innerText()).trim();
		equal(known.made.length, 16, 'length of the password made');
		await once.getByRole('button', { name: 'Copy' }).click();
		await once.getByText('Copied').first().waitFor();
		equal(await page.evaluate(() => navigator.clipboard.readText()), known.made, 'copied');
		await look(page, 'extension-once');
		await once.getByRole('button', { name: 'I have written it down' }).click();
		await row(page, '820').getByText('Not registered').waitFor();
		const all = await page.evaluate(async () => (await fetch('/api/v1/tables/sipd/extension')).text());

		assert(all.includes('820') && !all.includes(known.made), 'the password never comes back');
	},

	async 'a real phone registers with it'({ page }) {
		await world('phone', '820', known.made);
		await row(page, '820').getByText('Registered', { exact: true }).waitFor();
		await row(page, '820').getByText('192.168.1.101').waitFor();
		await row(page, '820').getByText('baresip').waitFor();
	},

	async 'a taken number is refused at its field'({ page }) {
		await menu(page, 'Extensions');
		await button(page, 'Add extension').click();
		const drawer = page.getByRole('dialog', { name: 'Add extension' });

		await drawer.getByLabel('Number').fill('820');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await drawer.getByRole('alert').or(drawer.locator('.err')).first().waitFor();
		page.once('dialog', d => { void d.accept(); });
		await drawer.getByRole('button', { name: 'Cancel' }).click();
		await drawer.waitFor({ state: 'detached' });
	},

	async 'add many, each with a password of its own'({ page }) {
		await menu(page, 'Extensions');
		await button(page, 'Add many').click();
		const drawer = page.getByRole('dialog', { name: 'Add many' });

		await drawer.getByLabel('From number').fill('815');
		await drawer.getByLabel('To number').fill('825');
		await drawer.getByRole('button', { name: 'Make them' }).click();
		await drawer.getByText('820 is there already.').waitFor();
		await drawer.getByLabel('From number').fill('830');
		await drawer.getByLabel('To number').fill('849');
		await drawer.getByLabel('Name (optional)').fill('Room {n}');
		await drawer.getByLabel('One for all').check();
		await drawer.getByText('Who learns one phone’s password').waitFor();
		await look(page, 'extension-many');
		await drawer.getByLabel('A random one for each (recommended)').check();
		await drawer.getByText('Makes 20 extensions: 830 to 849').waitFor();
		await drawer.getByRole('button', { name: 'Make them' }).click();
		const once = page.getByRole('dialog', { name: '20 passwords' });
		await once.waitFor();
		const secrets = await once.locator('.secret').allInnerTexts();

		equal(new Set(secrets).size, 20, 'different passwords');
		await look(page, 'extension-many-once');
		const download = page.waitForEvent('download');

		await once.getByRole('button', { name: 'Save as CSV' }).click();
		equal((await download).suggestedFilename(), 'passwords.csv', 'file');
		await once.getByRole('button', { name: 'I have written it down' }).click();
		await row(page, '849').getByText('Room 849').waitFor();
	},

	async 'one password for all is graded shared'({ page }) {
		await menu(page, 'Extensions');
		await button(page, 'Add many').click();
		const drawer = page.getByRole('dialog', { name: 'Add many' });

		await drawer.getByLabel('From number').fill('860');
		await drawer.getByLabel('To number').fill('861');
		await drawer.getByLabel('One for all').check();
		await drawer.getByLabel('Password for all').fill('Lantern.Quay+77-rope');
		await drawer.getByRole('button', { name: 'Make them' }).click();
		await row(page, '861').getByText('Shared').waitFor();
		await look(page, 'extensions');
	},

	async 'search, filter and order live in the address'({ page }) {
		await menu(page, 'Extensions');
		await page.getByLabel('Number, name, address or phone').fill('room 83');
		await row(page, '829').waitFor({ state: 'detached' });
		equal(await page.locator('tbody tr').count(), 10, 'rows found');
		await page.getByRole('columnheader', { name: 'Number' }).getByRole('button').click();
		await row(page, '839').waitFor();
		assert(/q=room\+83/.test(page.url()) && /dir=down/.test(page.url()), page.url());
		await page.reload();
		await row(page, '839').waitFor();
		equal(await page.locator('tbody tr').first().getAttribute('data-key'), '839', 'first row');
		await page.getByLabel('Number, name, address or phone').fill('nobody at all');
		await page.getByText('Nothing matches.').waitFor();
		await page.getByRole('button', { name: 'Clear the search' }).click();
		await row(page, '820').waitFor();
	},

	async 'Permit IP: wrong, then right'({ page }) {
		await menu(page, 'Extensions');
		await row(page, '820').getByRole('button', { name: '820' }).click();
		const drawer = page.getByRole('dialog', { name: 'Extension 820' }), field = drawer.getByLabel(/^Permit IP/);

		await field.fill('192.168.1.137/24');
		await drawer.getByLabel(/^Name/).focus();
		await drawer.locator('.err').filter({ hasText: '192.168.1.0/24' }).waitFor();
		equal(await field.getAttribute('aria-invalid'), 'true', 'aria-invalid');
		await look(page, 'extension-edit');
		await field.fill('192.168.1.0/255.255.255.0\n10.0.0.0/8');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await toast(page, '820 saved');
		await row(page, '820').getByText('192.168.1.0/24, 10.0.0.0/8').waitFor();
		await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
		await row(page, '820').getByText('any address').waitFor();
	},

	async 'somebody else was faster'({ page }) {
		await menu(page, 'Extensions');
		await row(page, '820').getByRole('button', { name: '820' }).click();
		const drawer = page.getByRole('dialog', { name: 'Extension 820' });

		await drawer.getByLabel(/^Name/).fill('Ada by me');
		await world('put', 'sipd', 'extension', '820', { name: 'Ada by another' });
		await drawer.getByRole('button', { name: 'Save' }).click();
		await drawer.getByText('Somebody saved this meanwhile').waitFor();
		await drawer.getByText('Ada by another').waitFor();
		await look(page, 'extension-conflict');
		await drawer.getByRole('button', { name: 'Keep mine' }).click();
		await row(page, '820').getByText('Ada by me').waitFor();
	},

	async 'a call is seen and hung up'({ page }) {
		await world('phone', '800', (await world('password', '800')), '192.168.1.102');
		await world('dial', '820', '800');
		await world('answer', '800');
		await menu(page, 'Status');
		await page.getByRole('row').filter({ hasText: 'Talking' }).waitFor();
		await look(page, 'status-call');
		await page.getByRole('button', { name: /Hang up/ }).click();
		await toast(page, 'hung up');
		await world('hears_bye', '800');
		await page.getByText('Nobody is on the phone.').waitFor();
	},

	async 'the call stands in the records'({ page }) {
		await menu(page, 'Call records');
		await page.locator('tbody tr').filter({ hasText: '820' }).filter({ hasText: '800' }).first().waitFor();
		await page.locator('tbody .rowbtn').first().click();
		await page.getByRole('dialog').getByText('Answered').first().waitFor();
		await look(page, 'records');
		await page.keyboard.press('Escape');
	},

	async 'call records are filtered by the box, and saved'({ page }) {
		await page.getByText(/calls?, \d+ answered/).waitFor();
		await page.getByLabel('Caller').fill('82');
		await page.getByLabel('Result').selectOption('BUSY');
		await page.getByText('Nothing matches.').waitFor();
		await page.waitForFunction(() => /caller=82/.test(location.hash) && /result=BUSY/.test(location.hash));
		equal(await page.getByLabel('Caller').inputValue(), '82', 'what was typed stays');
		await look(page, 'records-filtered');
		await page.getByLabel('Result').selectOption('ANSWERED');
		await page.getByText(/^One call, 1 answered/).waitFor();
		const download = page.waitForEvent('download');

		await page.getByRole('link', { name: 'Save as CSV' }).click();
		const text = await readFile(await (await download).path(), 'utf8');

		equal(text.trim().split('\r\n').length, 2, `lines of ${text}`);
		await page.getByRole('button', { name: 'Clear' }).click();
		await page.waitForFunction(() => !location.hash.includes('caller'));
	},

	async 'new passwords for ticked extensions'({ page }) {
		await menu(page, 'Extensions');
		await page.getByLabel('Select 830').check();
		await page.getByLabel('Select 831').check();
		await page.getByRole('button', { name: 'New passwords' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'New password' }).click();
		const once = page.getByRole('dialog', { name: '2 passwords' });

		await once.waitFor();
		equal(await once.locator('.secret').count(), 2, 'new passwords');
		await page.keyboard.press('Escape');
		await page.getByLabel('Select 830').waitFor();
	},

	async 'delete, one and many'({ page }) {
		await menu(page, 'Extensions');
		await row(page, '861').getByRole('button', { name: '861' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await page.getByRole('dialog', { name: 'Delete extension 861?' }).getByRole('button', { name: 'Delete' }).click();
		await toast(page, '861 deleted');
		await row(page, '861').waitFor({ state: 'detached' });
		await page.getByLabel('Number, name, address or phone').fill('room 84');
		await row(page, '830').waitFor({ state: 'detached' });
		await page.getByLabel('Select this page').check();
		await page.locator('.bulk').getByRole('button', { name: 'Delete' }).click();
		const sure = page.getByRole('dialog', { name: 'Delete 10 extensions?' });

		await look(page, 'extensions-delete');
		await sure.getByRole('button', { name: 'Delete' }).click();
		await toast(page, '10 extensions deleted');
		await page.getByText('Nothing matches.').waitFor();
		await page.getByRole('button', { name: 'Clear the search' }).click();
	},

	async 'a list from a file: first what it would do, then done'({ page }) {
		const file = text => ({ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
		const open = async () => {
			await page.locator('.page-head').getByText('CSV', { exact: true }).click();
			await page.getByRole('button', { name: 'Import…' }).click();
			return page.getByRole('dialog', { name: 'Import: Extensions' });
		};

		await menu(page, 'Extensions');
		let box = await open();

		await box.getByLabel('File').setInputFiles(file('number,shoe size\n870,44\n'));
		await box.getByRole('alert').filter({ hasText: 'no column “shoe size”' }).waitFor();
		await box.getByLabel('File').setInputFiles(file('\ufeffNumber;Name;permit_ip\r\n870;"Grace; ""G"" Hopper";10.0.0.0/8\r\n'
			+ '871;Edith;10.0.0.1/8\r\n1;Nobody;\r\n870;again;\r\n820;Ada Adler;\r\n'));
		await box.getByText('3 wrong').waitFor();
		await box.getByText('Line 3:').locator('..').filter({ hasText: 'Permit IP' }).filter({ hasText: '10.0.0.0/8' }).waitFor();
		await box.getByText('Line 4:').locator('..').filter({ hasText: 'Number' }).waitFor();
		await box.getByText('Line 5:').locator('..').filter({ hasText: 'stands in line 2 already' }).waitFor();
		assert(await box.getByRole('button', { name: 'Import', exact: true }).isDisabled(), 'wrong lines hold the rest back');
		await look(page, 'csv-wrong');
		await page.keyboard.press('Escape');
		equal(await row(page, '870').count(), 0, 'a look changes nothing');
		box = await open();
		await box.getByLabel('File').setInputFiles(file('number,name\n870,Grace Hopper\n1,x\n'));
		await box.getByLabel('Leave the wrong lines out').check();
		await box.getByRole('button', { name: 'Import', exact: true }).click();
		const once = page.getByRole('dialog', { name: 'Password of 870' });

		equal((await once.locator('.secret').innerText()).length, 16, 'a password was made');
		await once.getByRole('button', { name: 'I have written it down' }).click();
		await row(page, '870').getByText('Grace Hopper').waitFor();
		const download = page.waitForEvent('download');

		await page.locator('.page-head').getByText('CSV', { exact: true }).click();
		await page.getByRole('button', { name: 'Export' }).click();
		const text = await readFile(await (await download).path(), 'utf8');

		assert(/^number,name,/.test(text) && text.includes('870,Grace Hopper'), text);
		assert(!text.includes(known.made) && !text.split('\n')[0].includes('secret'), 'no secret in a file');
	},

	async 'an attacker appears on the list by himself'({ page }) {
		await menu(page, 'Firewall', 'Rejected IP');
		await page.getByText('Nobody is shut out.').waitFor();
		equal(await world('attack', '203.0.113.9', '820'), 10, 'tries answered');
		await row(page, 'sip@203.0.113.9').getByRole('cell', { name: 'Fail2Ban', exact: true }).waitFor();
	},

	async 'who is shut out, as a file, and the whole network as a rule to be tried'({ page }) {
		const download = page.waitForEvent('download');

		await page.getByRole('button', { name: 'Export' }).click();
		const text = await readFile(await (await download).path(), 'utf8');

		assert(/^source,service,tries,.*\r\n203\.0\.113\.9,sip,10,/.test(text), text);
		await row(page, 'sip@203.0.113.9').getByRole('link', { name: 'Shut out its /24 203.0.113.0/24' }).click();
		await heading(page, 'Firewall');
		await row(page, 'shut-203-0-113-0-24').getByText('new', { exact: true }).waitFor();
		await row(page, 'shut-203-0-113-0-24').getByRole('cell', { name: '203.0.113.0/24' }).waitFor();
		equal(await page.locator('tbody tr').first().getAttribute('data-key'), 'shut-203-0-113-0-24', 'before all others');
		await look(page, 'rejected-network');
		await page.getByRole('button', { name: 'Discard' }).click();
		await row(page, 'shut-203-0-113-0-24').waitFor({ state: 'detached' });
	},

	async 'whose a rejected address is: not asked before somebody switches it on'({ page }) {
		await world('names', 'host-record=mail.isp.example,203.0.113.9', 'ptr-record=78.113.0.203.in-addr.arpa,admin.bank.example',
			'host-record=admin.bank.example,198.51.100.9', 'local=/113.0.203.in-addr.arpa/');
		await menu(page, 'Firewall', 'Rejected IP');
		await row(page, 'sip@203.0.113.9').getByRole('button', { name: '203.0.113.9', exact: true }).click();
		const drawer = page.getByRole('dialog', { name: '203.0.113.9 is shut out' });

		await drawer.getByText('Not asked: the setting is off.').waitFor();
		await drawer.getByText('203.0.113.0/24', { exact: true }).first().waitFor();
		await look(page, 'rejected-not-asked');
		await drawer.getByRole('link', { name: 'Web settings' }).click();
		await heading(page, 'Web settings');
		await page.getByLabel('Ask for the names of addresses').check();
		await page.getByRole('button', { name: 'Save' }).click();
		await toast(page, 'saved');
	},

	async 'whose a rejected address is: its name, and one that lies'({ page }) {
		await menu(page, 'Firewall', 'Rejected IP');
		await row(page, 'sip@203.0.113.9').getByRole('button', { name: '203.0.113.9', exact: true }).click();
		let drawer = page.getByRole('dialog', { name: '203.0.113.9 is shut out' });

		await drawer.getByText('mail.isp.example').waitFor();
		await drawer.getByText('confirmed', { exact: true }).waitFor();
		await look(page, 'rejected-name');
		await drawer.getByRole('link', { name: 'What it tried' }).click();
		await heading(page, 'Attacks');
		await page.locator('tbody tr').filter({ hasText: '203.0.113.9' }).first().locator('.rowbtn').click();
		await page.getByRole('dialog').getByText('mail.isp.example').waitFor();
		await look(page, 'attack-name');
		await page.keyboard.press('Escape');
		await menu(page, 'Firewall', 'Rejected IP');
		await page.getByRole('button', { name: 'Shut out an address' }).click();
		await page.getByRole('dialog').getByLabel('Address').fill('203.0.113.78');
		await page.getByRole('dialog').getByRole('button', { name: 'Shut out' }).click();
		await row(page, 'sip@203.0.113.78').getByRole('button', { name: '203.0.113.78', exact: true }).click();
		drawer = page.getByRole('dialog', { name: '203.0.113.78 is shut out' });
		await drawer.getByText('admin.bank.example').waitFor();
		await drawer.getByText('unconfirmed', { exact: true }).waitFor();
		await look(page, 'rejected-lies');
		await page.keyboard.press('Escape');
		await page.getByRole('button', { name: 'Shut out an address' }).click();
		await page.getByRole('dialog').getByLabel('Address').fill('2001:db8:3::9');
		await page.getByRole('dialog').getByRole('button', { name: 'Shut out' }).click();
		await row(page, 'sip@2001:db8:3::/64').getByRole('button', { name: '2001:db8:3::/64', exact: true }).click();
		await page.getByRole('dialog').getByText('A network has no name.').waitFor();
		await page.keyboard.press('Escape');
		await row(page, 'sip@2001:db8:3::/64').getByRole('button', { name: 'Let in 2001:db8:3::/64' }).click();
		await row(page, 'sip@2001:db8:3::/64').waitFor({ state: 'detached' });
		await row(page, 'sip@203.0.113.78').getByRole('button', { name: 'Let in 203.0.113.78' }).click();
		await row(page, 'sip@203.0.113.78').waitFor({ state: 'detached' });
		await world('put', 'httpd', 'web_settings', 'general', { reverse_dns: 'false' });
	},

	async 'shut out by hand, let in again'({ page }) {
		await menu(page, 'Firewall', 'Rejected IP');
		await page.getByRole('button', { name: 'Shut out an address' }).click();
		const box = page.getByRole('dialog');

		await box.getByLabel('Address').fill('203.0.113.999');
		await box.getByRole('button', { name: 'Shut out' }).click();
		await box.locator('.err, [role=alert]').first().waitFor();
		await look(page, 'rejected-add');
		await box.getByLabel('Address').fill('203.0.113.77');
		await box.getByRole('button', { name: 'Shut out' }).click();
		await row(page, 'sip@203.0.113.77').getByRole('cell', { name: `A person ${known.name}`, exact: true }).waitFor();
		await look(page, 'rejected');
		await row(page, 'sip@203.0.113.77').getByRole('button', { name: 'For ever' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'For ever' }).click();
		await row(page, 'sip@203.0.113.77').getByText('for ever', { exact: true }).last().waitFor();
		await row(page, 'sip@203.0.113.77').getByRole('button', { name: 'Let in 203.0.113.77' }).click();
		await row(page, 'sip@203.0.113.77').waitFor({ state: 'detached' });
	},

	async 'let in and allow'({ page }) {
		await menu(page, 'Firewall', 'Rejected IP');
		await row(page, 'sip@203.0.113.9').getByRole('button', { name: 'Let in and allow' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Let in and allow' }).click();
		await page.getByText('Nobody is shut out.').waitFor();
		await menu(page, 'Allowed addresses');
		await page.locator('tbody tr').filter({ hasText: '203.0.113.9' }).waitFor();
		await look(page, 'table-allowed');
	},

	async 'the attack stands in the list of attacks'({ page }) {
		await menu(page, 'Attacks');
		await page.locator('tbody tr').filter({ hasText: '203.0.113.9' }).first().waitFor();
		await look(page, 'attacks');
		await page.getByLabel('Address or network').fill('198.51.100.0/24');
		await page.getByText('Nothing matches.').waitFor();
		await page.getByLabel('Address or network').fill('203.0.113.0/24');
		await page.locator('tbody tr').filter({ hasText: '203.0.113.9' }).first().waitFor();
		await page.getByLabel('Service (sip, https, ssh)').fill('ssh');
		await page.getByText('Nothing matches.').waitFor();
		await page.getByLabel('Service (sip, https, ssh)').fill('sip');
		await page.locator('tbody tr').filter({ hasText: '203.0.113.9' }).first().waitFor();
		await page.getByLabel('What').selectOption('banned');
		await page.locator('tbody tr').filter({ hasText: 'Shut out' }).first().waitFor();
		await page.locator('tbody tr').filter({ hasText: 'Wrong password' }).first().waitFor({ state: 'detached' });
		await page.getByLabel('Address or network').fill('somewhere');
		await page.getByRole('alert').filter({ hasText: 'ource:' }).waitFor();
		await page.getByRole('button', { name: 'Clear' }).click();
	},

	async 'add a row to any table, delete it, undo'({ page }) {
		await menu(page, 'Firewall', 'Local networks');
		await page.getByRole('button', { name: 'Add', exact: true }).click();
		const drawer = page.getByRole('dialog');

		await drawer.getByRole('button', { name: 'Save' }).click();
		await drawer.getByText('2 fields need a change').waitFor();
		await drawer.getByLabel('Name').fill('branch');
		await drawer.getByLabel('Network').fill('10.20.0.0/16');
		await look(page, 'table-add');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'branch').getByRole('button', { name: 'Delete' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await row(page, 'branch').waitFor({ state: 'detached' });
		await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
		await row(page, 'branch').getByText('10.20.0.0/16').waitFor();
	},

	async 'settings are in force when saved'({ page }) {
		await menu(page, 'Web settings');
		await page.getByLabel('Company name').fill('Harbour & Sons');
		await page.getByRole('button', { name: 'Save' }).click();
		await toast(page, 'Web settings saved');
		await page.getByLabel('Sign out when idle for').fill('5');
		await page.getByRole('button', { name: 'Save' }).click();
		await page.locator('.err').filter({ hasText: 'from 60' }).waitFor();
	},

	async 'a silent daemon is named, and comes back'({ page }) {
		await menu(page, 'Extensions');
		await row(page, '820').waitFor();
		await world('down', 'sipd');
		await page.getByRole('alert').filter({ hasText: 'sipd does not answer.' }).waitFor();
		await row(page, '820').waitFor();
		await look(page, 'extensions-silent');
		await menu(page, 'Status');
		await page.locator('.points').getByText('Telephony does not answer').waitFor();
		await look(page, 'status-silent');
		await world('up', 'sipd');
		await page.locator('.daemons li').filter({ hasText: 'sipd' }).filter({ hasText: 'runs' }).waitFor();
		await menu(page, 'Extensions');
		await row(page, '820').getByText('Registered', { exact: true }).waitFor();
	},

	async 'the keyboard is enough'({ page }) {
		await menu(page, 'Extensions');
		await row(page, '820').waitFor();
		await page.keyboard.press('/');
		const finder = page.getByRole('dialog', { name: 'Search' });

		await finder.getByRole('combobox').waitFor();
		await page.keyboard.type('whitelist');
		await finder.getByRole('option', { name: 'Allowed addresses' }).first().waitFor();
		await page.keyboard.press('Control+A');
		await page.keyboard.type('203.0.113.77');
		await finder.getByRole('option', { name: 'Is it shut out?' }).waitFor();
		await page.keyboard.press('Control+A');
		await page.keyboard.type('820');
		await finder.getByRole('option', { name: /^820 .*Extensions/ }).waitFor();
		equal(await finder.getByRole('option').first().getAttribute('aria-selected'), 'true', 'Enter would open the first');
		await look(page, 'search');
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('ArrowUp');
		await page.keyboard.press('Enter');
		await finder.waitFor({ state: 'detached' });
		await row(page, '830').waitFor({ state: 'detached' });
		equal(new URL(page.url()).hash, '#/basic/extensions?q=820', 'the row among the others of its page');
		await row(page, '820').getByRole('button', { name: '820' }).focus();
		await page.keyboard.press('Enter');
		await page.getByRole('dialog', { name: 'Extension 820' }).waitFor();
		await page.keyboard.press('Escape');
		await page.getByRole('dialog').waitFor({ state: 'detached' });
		equal(await page.evaluate(() => document.activeElement?.textContent), '820', 'focus comes back');
	},

	async 'a reader looks and changes nothing'({ page, context }) {
		await menu(page, 'Accounts');
		await page.getByRole('button', { name: 'Add', exact: true }).click();
		await page.getByRole('dialog').getByLabel('Name').fill('petra');
		await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
		const once = page.getByRole('dialog', { name: 'Password of petra' });
		const first = (await once.locator('.secret').innerText()).trim();

		await once.getByRole('button', { name: 'I have written it down' }).click();
		const other = await context.browser().newContext({ ignoreHTTPSErrors: true, baseURL: env.WEB });
		const p = await other.newPage();

		await p.goto('/');
		await signIn(p, 'petra', first);
		await p.getByLabel('New password').fill('Mellow.Kettle+5210-fog');
		await p.getByRole('button', { name: 'Set password' }).click();
		await p.getByText('The password is set').waitFor();
		await signIn(p, 'petra', 'Mellow.Kettle+5210-fog');
		await p.goto('/#/basic/extensions');
		await row(p, '820').getByRole('button', { name: '820' }).click();
		await p.getByText('You can look, not change.').waitFor();
		equal(await p.getByRole('button', { name: 'Add extension' }).count(), 0, 'buttons to add');
		equal(await p.locator('nav').getByRole('link', { name: 'Accounts' }).count(), 0, 'link to accounts');
		await p.screenshot({ path: `${env.SHOTS}/reader.png` });
		/* the administrator ends the session: the page goes to the door by itself */
		await menu(page, 'Sessions');
		await page.locator('tbody tr').filter({ hasText: 'petra' }).getByRole('button', { name: 'End' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'End' }).click();
		await p.getByRole('heading', { name: 'Sign in' }).waitFor();
		await other.close();
	},

	async 'an extension signs in'({ context }) {
		const other = await context.browser().newContext({ ignoreHTTPSErrors: true, baseURL: env.WEB });
		const p = await other.newPage();

		await p.goto('/me');
		await signIn(p, '820', known.made);
		await heading(p, 'Extension 820');
		await p.getByText('What happens with your phone appears here.').waitFor();
		await p.screenshot({ path: `${env.SHOTS}/extension-portal.png` });
		await p.getByRole('button', { name: 'Sign out' }).click();
		await heading(p, 'Sign in');
		await other.close();
	},

	async 'a page that is not there'({ page }) {
		await page.goto('/#/no/such');
		await heading(page, 'There is no such page');
	},
};
