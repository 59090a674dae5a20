(c.name, c.id) > (coalesce(:page.1, ''), coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000'))
