"""The commands `onset bench ...`: they parse options, run what is asked, and print.

They may use all other folders of the benchmark; none of those imports them. Start with `root`,
where every command is registered; `presets` holds those that answer one question each.
"""
