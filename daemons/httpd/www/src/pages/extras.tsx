// What single tables can do beside being listed and edited. One that has
// nothing here has all that its description gives.
import type { ComponentType } from 'preact';
import type { Row } from '../api';
import type { Data } from '../data';
import type { Form } from '../forms';
import type { FieldExtra } from '../form/RowForm';
import type { Column } from '../list/useList';
import type { MsgId } from '../text';
import type { Made } from '../ui/ShownOnce';
import { AccountReset, resetAccount } from './AccountReset';
import { alertRules, alerts } from './Alerts';
import { allowed, fail2ban } from './Allowed';
import { brakes } from './Brakes';
import { credit, rates } from './Credit';
import { defense } from './Defense';
import { dialRules } from './DialRules';
import { emergency } from './Emergency';
import { inbound } from './Inbound';
import { lazy } from '../ui/lazy';
import { pinLocks, pins, pinSets } from './Pins';
import { timeRules } from './TimeRules';
import { trunks } from './Trunks';

const LocalNow = lazy(() => import('./LocalNow').then(m => m.LocalNow));

export interface RowProps { form: Form; row: Row; show: (made: Made[]) => void }

export interface Extra {
	/** Buttons beside "Add". */
	Head?: ComponentType<{ data: Data<Row>; show: (made: Made[]) => void }>;
	/** Between the lead and the list. */
	Above?: ComponentType<{ data: Data<Row> }>;
	/** The columns in place of the described ones, the first apart: it opens the row. */
	useColumns?: (columns: Column<Row>[], data: Data<Row>) => Column<Row>[];
	/** Rows are not ended by hand. */
	stays?: boolean;
	/** Rows are ended in their drawer alone: what is done to them daily stands in the list. */
	inside?: boolean;
	/** A row is ended by this word, without a question. */
	endBy?: MsgId;
	/** A button of its own in each row. */
	RowAction?: ComponentType<RowProps>;
	/** At the head of the drawer. */
	Drawer?: ComponentType<{ row?: Row }>;
	/** Under single fields of the form. */
	fields?: Record<string, FieldExtra>;
	/** Done once a row was added: a password shown once. */
	afterAdd?: (key: string) => Promise<Made>;
}

export const EXTRAS: Readonly<Record<string, Extra>> = {
	dial_rule: dialRules,
	inbound_rule: inbound,
	brake: brakes,
	emergency,
	time_rule: timeRules,
	trunk: trunks,
	alert: alerts,
	alert_rule: alertRules,
	brake_count: { stays: true },
	country_seen: { stays: true },
	allowed_address: allowed,
	auto_defense: defense,
	guard_service: fail2ban,
	local_network: { Above: LocalNow },
	call_rate: rates,
	credit,
	pin_lock: pinLocks,
	pin_set: pinSets,
	pin: pins,
	account: { RowAction: AccountReset, afterAdd: resetAccount },
};

export const extraOf = (form: Form): Extra => EXTRAS[form.name] ?? {};
