-- SPDX-License-Identifier: Apache-2.0
o.close_note, o.source_note, o.worth_reason, o.positioning, o.customer_value, o.purchase_influences, o.cost_and_benefit, o.sales_plan, o.insider_view, o.note,
       m.name as created_by, e.name as updated_by
