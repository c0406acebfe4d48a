/* Methods of org.sallyport.Route1 that end in the books; ctx is the daemon. */
#pragma once

struct bus_req;

void bus_books_ask(void *ctx, struct bus_req *req, const void *in);
void bus_books_renew(void *ctx, struct bus_req *req, const void *in);
void bus_books_ended(void *ctx, struct bus_req *req, const void *in);
void bus_books_records(void *ctx, struct bus_req *req, const void *in);
void bus_books_import_rates(void *ctx, struct bus_req *req, const void *in);
void bus_books_totals(void *ctx, struct bus_req *req, const void *in);
