-- Tables like those a night writes to, with their keys and indexes and nothing else: what the same rows cost bare.
create table bare_journal (like journal including all);
create table bare_entry (like entry including all);
create table bare_installment (like installment including all);
create table bare_position (like position including all) with (fillfactor = 60);
insert into bare_position select * from position;
analyze bare_position
