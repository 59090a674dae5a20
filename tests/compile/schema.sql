-- SPDX-License-Identifier: Apache-2.0
-- What the statements of the tests need.
create role kam_rep;
create role kam_manager;
create role kam_service;
create role kam_auth;
grant usage on schema kam to kam_rep, kam_manager, kam_service, kam_auth;
create function kam.begin_read(hash bytea) returns table (user_id uuid) language sql as 'select null::uuid where false';
create function kam.begin_write(hash bytea, request_id uuid, method text, payload bytea) returns uuid language sql as 'select null::uuid';
create function kam.end_write(request_id uuid, method text, payload bytea, record_id uuid) returns void language sql as 'select';
create table kam.thing (id uuid primary key, name text, colour text, price_currency_code text, price_minor_units bigint, size int,
                        create_time timestamptz, version bigint, secret text);
grant select (id, name, colour, price_currency_code, price_minor_units, size, create_time, version) on kam.thing to kam_rep, kam_manager;
grant select (id, name) on kam.thing to kam_service;
grant update (name, price_currency_code, price_minor_units) on kam.thing to kam_rep;
