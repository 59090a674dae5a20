-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/SetOpportunityProduct
-- kind: write
-- record: product.opportunity_id
-- version: product.version
-- roles: rep, manager
-- do:
select kam.hold_opportunity(:record.id);
-- do:
insert into opportunity_product (opportunity_id, account_id, product, quantity, price_currency_code, price_minor_units, note)
select o.id, o.account_id, :product.product,
       case when 'quantity' = any (:update_mask) then :product.quantity end,
       case when 'price' = any (:update_mask) then :product.price.currency_code end,
       case when 'price' = any (:update_mask) then :product.price.minor_units end,
       case when 'note' = any (:update_mask) then :product.note else '' end
  from opportunity o
 where o.id = :record.id and :product.version = 0 and not exists (select from opportunity_product p where p.opportunity_id = o.id and p.product = :product.product);
-- do:
update opportunity_product set @set(product: quantity, price, note) @mask(product)
 where opportunity_id = :record.id and product = :product.product and version = :product.version;
-- answer:
select {{opportunity_product_columns}}
 where o.id = :record.id and p.product = :product.product;
