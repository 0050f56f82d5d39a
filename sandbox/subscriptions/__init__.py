"""What the API does to subscriptions: creating, changing and previewing them."""
