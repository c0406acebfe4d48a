/* Questions about the plan: what would be, and why. For bus.c. */
#pragma once

struct bus_req;

void bus_plan_explain(void *ctx, struct bus_req *req, const void *in);
void bus_plan_explain_inbound(void *ctx, struct bus_req *req, const void *in);
void bus_plan_exposure(void *ctx, struct bus_req *req, const void *in);
void bus_plan_shadowed(void *ctx, struct bus_req *req, const void *in);
void bus_plan_risks(void *ctx, struct bus_req *req, const void *in);
void bus_plan_hours(void *ctx, struct bus_req *req, const void *in);
